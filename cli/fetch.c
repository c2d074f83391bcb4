#include "fetch.h"

#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cameo.h"
#include "dynamic.h"
#include "interrupt.h"
#include "progress.h"

enum { ATTEMPTS = 3, CONNECT_SECONDS = 20, STALLED_SECONDS = 30, HTTP_RANGE_NOT_SATISFIABLE = 416 };

/* The functions of libcurl that are used: X(name without "curl_") */
#define CURL_FUNCTIONS(X) X(global_init) X(global_cleanup) X(easy_init) X(easy_setopt) X(easy_perform) X(easy_getinfo) X(easy_cleanup) X(easy_strerror)

typedef struct curl_api {
#define POINTER(name) __typeof__(curl_##name) *name;
    CURL_FUNCTIONS(POINTER)
#undef POINTER
} curl_api;

typedef struct transfer {
    curl_api curl;
    int file;
    uint64_t start, received, limit; /* bytes in the file when the transfer began, since then, at most in all */
    int write_error;                 /* errno */
    int too_long;
    char text[CURL_ERROR_SIZE];
} transfer;

static int open_curl(curl_api *curl)
{
    static const char *const sonames[] = {"libcurl.so.4", "libcurl-gnutls.so.4", NULL};
    const cm_dynamic_symbol symbols[] = {
#define ENTRY(name) {"curl_" #name, &curl->name},
        CURL_FUNCTIONS(ENTRY)
#undef ENTRY
    };
    return cm_dynamic_open(sonames, symbols, sizeof symbols / sizeof *symbols);
}

static size_t on_data(char *data, size_t size, size_t count, void *context)
{
    transfer *t = context;
    size_t bytes = size * count, written = 0;
    if (bytes > t->limit - t->start - t->received) {
        t->too_long = 1;
        return 0;
    }
    while (written < bytes) {
        ssize_t n = write(t->file, data + written, bytes - written);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            t->write_error = errno;
            return 0;
        }
        written += (size_t)n;
    }
    t->received += bytes;
    return bytes;
}

static int on_progress(void *context, curl_off_t total, curl_off_t now, curl_off_t upload_total, curl_off_t upload_now)
{
    const transfer *t = context;
    (void)upload_total;
    (void)upload_now;
    if (total > 0)
        cm_progress_total(t->start + (uint64_t)total);
    cm_progress_update(t->start + (uint64_t)now);
    return cm_interrupt_pending();
}

/* Redirections must not leave encryption. */
static void set_up(transfer *t, CURL *handle, const char *url)
{
    const curl_api *curl = &t->curl;
    int secure = strncmp(url, "https:", 6) == 0;
    t->text[0] = '\0';
    curl->easy_setopt(handle, CURLOPT_URL, url);
    curl->easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "https,http,file");
    curl->easy_setopt(handle, CURLOPT_REDIR_PROTOCOLS_STR, secure ? "https" : "https,http");
    curl->easy_setopt(handle, CURLOPT_FOLLOWLOCATION, 1L);
    curl->easy_setopt(handle, CURLOPT_MAXREDIRS, 10L);
    curl->easy_setopt(handle, CURLOPT_FAILONERROR, 1L);
    curl->easy_setopt(handle, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_SECONDS);
    curl->easy_setopt(handle, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl->easy_setopt(handle, CURLOPT_LOW_SPEED_TIME, (long)STALLED_SECONDS);
    curl->easy_setopt(handle, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)t->limit);
    curl->easy_setopt(handle, CURLOPT_RESUME_FROM_LARGE, (curl_off_t)t->start);
    curl->easy_setopt(handle, CURLOPT_USERAGENT, "cameo");
    curl->easy_setopt(handle, CURLOPT_ERRORBUFFER, t->text);
    curl->easy_setopt(handle, CURLOPT_WRITEFUNCTION, on_data);
    curl->easy_setopt(handle, CURLOPT_WRITEDATA, (void *)t);
    curl->easy_setopt(handle, CURLOPT_NOPROGRESS, 0L);
    curl->easy_setopt(handle, CURLOPT_XFERINFOFUNCTION, on_progress);
    curl->easy_setopt(handle, CURLOPT_XFERINFODATA, (void *)t);
}

static CURLcode perform(transfer *t, const char *url, long *http)
{
    CURL *handle = t->curl.easy_init();
    *http = 0;
    if (!handle)
        return CURLE_OUT_OF_MEMORY;
    set_up(t, handle, url);
    CURLcode code = t->curl.easy_perform(handle);
    t->curl.easy_getinfo(handle, CURLINFO_RESPONSE_CODE, http);
    t->curl.easy_cleanup(handle);
    return code;
}

/* 1 for what may go better the next time. */
static int passing(CURLcode code)
{
    return code == CURLE_PARTIAL_FILE || code == CURLE_RECV_ERROR || code == CURLE_GOT_NOTHING || code == CURLE_OPERATION_TIMEDOUT ||
           code == CURLE_SEND_ERROR || code == CURLE_HTTP2 || code == CURLE_HTTP2_STREAM;
}

static int measure(transfer *t)
{
    struct stat status;
    if (fstat(t->file, &status) != 0 || lseek(t->file, 0, SEEK_END) < 0) {
        t->write_error = errno;
        return -1;
    }
    t->start = (uint64_t)status.st_size;
    t->received = 0;
    return 0;
}

static int begin_anew(transfer *t)
{
    if (ftruncate(t->file, 0) == 0)
        return 0;
    t->write_error = errno;
    return -1;
}

/* Repeats until it is done or does not get on. */
static CURLcode attempt(transfer *t, const char *url)
{
    CURLcode code = CURLE_WRITE_ERROR;
    long http;
    for (int left = ATTEMPTS; left > 0 && !cm_interrupt_pending();) {
        if (measure(t) != 0)
            return CURLE_WRITE_ERROR;
        code = perform(t, url, &http);
        if (code == CURLE_OK || (http == HTTP_RANGE_NOT_SATISFIABLE && t->start > 0)) /* all of it was there already: the hash will tell */
            return CURLE_OK;
        int cannot_resume = t->start > 0 && (code == CURLE_RANGE_ERROR || code == CURLE_BAD_DOWNLOAD_RESUME);
        if (cannot_resume && begin_anew(t) != 0)
            return CURLE_WRITE_ERROR;
        if (t->too_long)
            (void)begin_anew(t); /* what is there is not what was wanted */
        if (!cannot_resume && !passing(code))
            return code;
        if (t->received == 0)
            left--;
    }
    return code;
}

static int open_part(transfer *t, const char *part, char *reason, size_t reason_size)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    t->file = open(part, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (t->file < 0) {
        snprintf(reason, reason_size, "%s: %s", part, strerror(errno));
        return -1;
    }
    if (fcntl(t->file, F_SETLK, &lock) != 0) {
        snprintf(reason, reason_size, "%s: another process is downloading it", part);
        close(t->file);
        return -1;
    }
    return 0;
}

static cm_fetch_outcome judge(const transfer *t, CURLcode code, const char *part, char *reason, size_t reason_size)
{
    if (code == CURLE_OK)
        return CM_FETCH_DONE;
    if (cm_interrupt_pending())
        return CM_FETCH_INTERRUPTED;
    if (t->write_error) {
        snprintf(reason, reason_size, "%s: %s", part, strerror(t->write_error));
        return CM_FETCH_LOCAL;
    }
    if (t->too_long)
        snprintf(reason, reason_size, "it is longer than %llu bytes", (unsigned long long)t->limit);
    else
        snprintf(reason, reason_size, "%s", t->text[0] ? t->text : t->curl.easy_strerror(code));
    return CM_FETCH_FAILED;
}

cm_fetch_outcome cm_fetch(const char *url, const char *part, uint64_t max_bytes, char *reason, size_t reason_size)
{
    transfer t = {.limit = max_bytes};
    if (open_curl(&t.curl) != 0) {
        snprintf(reason, reason_size, "libcurl is not installed (package libcurl4)");
        return CM_FETCH_FAILED;
    }
    if (open_part(&t, part, reason, reason_size) != 0)
        return CM_FETCH_LOCAL;
    t.curl.global_init(CURL_GLOBAL_DEFAULT);
    CURLcode code = attempt(&t, url);
    if (code == CURLE_OK && fsync(t.file) != 0) {
        t.write_error = errno;
        code = CURLE_WRITE_ERROR;
    }
    cm_fetch_outcome outcome = judge(&t, code, part, reason, reason_size);
    t.curl.global_cleanup();
    if (outcome != CM_FETCH_DONE && measure(&t) == 0 && t.start == 0)
        unlink(part); /* nothing to resume */
    close(t.file);
    return outcome;
}
