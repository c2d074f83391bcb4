#include "embedding_cache.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file_bytes.h"
#include "lookup.h"
#include "outfile.h"
#include "report.h"

/* Everything that an embedding depends on, in one line. To be freed. */
static char *key_text(const cm_identity *identity, const cm_settings *settings, int cut)
{
    const cameo_contract *c = &identity->contract;
    const cameo_options *o = &settings->options;
    char sizes[CAMEO_MAX_DETECTION_SIZES * 24] = "";
    size_t used = 0;
    for (int i = 0; i < o->detection_size_count && !cut; i++) {
        int length = snprintf(sizes + used, sizeof sizes - used, " %dx%d", o->detection_sizes[i][0], o->detection_sizes[i][1]);
        used += length < 0 ? 0 : (size_t)length;
    }
    return cm_lookup_format("cameo %s %s model %s output %d %s color %d mean %.9g %.9g %.9g std %.9g %.9g %.9g size %dx%d mirror %d precision %d memory %d "
                            "cut %d detector %s sizes%s threshold %.9g nms %.9g rank %d", cameo_version(), cameo_cpu_tier(), identity->model_digest,
                            c->output_index, c->output_name, (int)c->color, (double)c->mean[0], (double)c->mean[1], (double)c->mean[2], (double)c->std[0],
                            (double)c->std[1], (double)c->std[2], c->width, c->height, identity->mirror, (int)identity->precision, (int)o->network.memory, cut,
                            cut ? "" : identity->detector_digest, sizes, cut ? 0 : settings->detection_threshold, cut ? 0 : settings->nms_threshold,
                            cut ? 0 : (int)o->rank);
}

/* The file as it should be: head and records that are right. Nobody but its owner may read it: embeddings tell who was there. */
static int write_anew(const cm_embedding_cache *cache, const char *path, const unsigned char *key)
{
    unsigned char head[CM_RECORDS_HEAD];
    cm_outfile out;
    int code = cm_outfile_open(&out, path);
    if (code != CM_EXIT_OK)
        return code;
    cm_records_write_head(head, key, cache->known.dimension);
    (void)fchmod(fileno(out.stream), S_IRUSR | S_IWUSR);
    (void)fwrite(head, 1, CM_RECORDS_HEAD, out.stream);
    for (size_t i = 0; i < cache->known.count; i++)
        (void)fwrite(cache->known.records[i], 1, cm_records_bytes(cache->known.dimension), out.stream);
    return cm_outfile_commit(&out);
}

/* Opens for appending, unless another process does so. */
static void lock(cm_embedding_cache *cache, const char *path)
{
    cache->file = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
    if (cache->file < 0) {
        (void)cm_report(CM_EXIT_OK, "%s: cannot be written, new embeddings are not kept: %s", path, strerror(errno));
        return;
    }
    cache->writes = flock(cache->file, LOCK_EX | LOCK_NB) == 0;
    if (!cache->writes) {
        (void)cm_report(CM_EXIT_OK, "%s: another process adds to it, new embeddings are not kept", path);
        close(cache->file);
    }
}

static int read_file(cm_embedding_cache *cache, const char *path, const unsigned char *key)
{
    size_t size = 0;
    int there = access(path, F_OK) == 0, parsed = -1;
    int code = there ? cm_file_bytes_read(path, SIZE_MAX / 2, &cache->bytes, &size) : CM_EXIT_OK;
    if (code == CM_EXIT_OK && there)
        parsed = cm_records_parse(&cache->known, cache->bytes, size, key, cache->known.dimension);
    if (parsed == -2)
        code = cm_report(CM_EXIT_OTHER, "%s: out of memory", path);
    if (code == CM_EXIT_OK && there && parsed == -1)
        (void)cm_report(CM_EXIT_OK, "%s: is damaged, it is begun anew", path);
    if (code == CM_EXIT_OK && parsed != 0)
        code = write_anew(cache, path, key);
    return code;
}

int cm_embedding_cache_open(cm_embedding_cache *cache, const char *folder, const cm_identity *identity, const cm_settings *settings, int cut)
{
    unsigned char key[CM_DIGEST_BYTES];
    char name[CM_DIGEST_TEXT];
    *cache = (cm_embedding_cache){.known.dimension = identity->contract.dimension};
    char *text = key_text(identity, settings, cut), *path = NULL;
    cache->record = calloc(1, cm_records_bytes(cache->known.dimension));
    int code = text && cache->record ? cm_outfile_make_folder(folder) : cm_report(CM_EXIT_OTHER, "out of memory");
    if (code == CM_EXIT_OK) {
        cm_digest_bytes(text, strlen(text), key);
        cm_digest_text(key, name);
        path = cm_lookup_format("%s/%.24s.emb", folder, name);
        code = path ? read_file(cache, path, key) : cm_report(CM_EXIT_OTHER, "out of memory");
    }
    if (code == CM_EXIT_OK) {
        lock(cache, path);
        if (cache->writes && cache->known.damaged > 0) { /* nobody else adds to it while it is replaced */
            close(cache->file);
            cache->writes = 0;
            code = write_anew(cache, path, key);
            if (code == CM_EXIT_OK)
                lock(cache, path);
        }
    }
    free(text);
    free(path);
    return code;
}

/* All of it in one call, so that a process that ends does not leave half of it. */
static int append(cm_embedding_cache *cache, size_t size)
{
    for (size_t done = 0; done < size;) {
        ssize_t count = write(cache->file, cache->record + done, size - done);
        if (count < 0 && errno != EINTR)
            return -1;
        done += count > 0 ? (size_t)count : 0;
    }
    return 0;
}

int cm_embedding_cache_add(cm_embedding_cache *cache, const unsigned char *digest, const cameo_face *face, const float *embedding)
{
    if (!cache->writes)
        return CM_EXIT_OK;
    cm_records_write(cache->record, digest, face, embedding, cache->known.dimension);
    if (append(cache, cm_records_bytes(cache->known.dimension)) != 0) {
        (void)cm_report(CM_EXIT_OK, "the cache of embeddings cannot be written, and new ones are not kept: %s", strerror(errno));
        close(cache->file);
        cache->writes = 0;
    }
    return CM_EXIT_OK;
}

void cm_embedding_cache_close(cm_embedding_cache *cache)
{
    if (cache->writes)
        close(cache->file);
    free(cache->bytes);
    free(cache->known.records);
    free(cache->record);
    *cache = (cm_embedding_cache){0};
}
