/* Times measured again and again. */
#ifndef CM_CLI_SAMPLES_H
#define CM_CLI_SAMPLES_H

enum { CM_SAMPLES_MOST = 100000, CM_SAMPLES_LEAST = 3 };

/* Sorts, least first. */
void cm_samples_sort(double *samples, int count);
/* The middle of sorted samples; count >= 1. */
double cm_samples_median(const double *samples, int count);

#endif
