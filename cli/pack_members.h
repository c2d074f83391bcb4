/* Which file of a pack's folder is the detector, and which the recognizer. */
#ifndef CM_CLI_PACK_MEMBERS_H
#define CM_CLI_PACK_MEMBERS_H

/* The file of a folder that has this role ("recognition", "detection"): a known model by its name, for which nothing is opened, else the first that
 * its graph shows to be one. NULL if there is none. To be freed. */
char *cm_pack_member(const char *folder, const char *role);

/* Only a known model, by its name. NULL if there is none. To be freed. */
char *cm_pack_known_member(const char *folder, const char *role);

/* The same for a folder whose names nobody vouches for: graphs alone decide. Where several files have the role, the one under a known model's name is meant;
 * if none is, *other receives a second one (else NULL). Both to be freed. */
char *cm_pack_member_by_graph(const char *folder, const char *role, char **other);

#endif
