/* cameo quantize: a float model as one of eight bits, judged by faces. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "commands.h"
#include "lookup.h"
#include "outfile.h"
#include "quantize_job.h"
#include "report.h"

enum { USUAL_PICTURES = 400, MOST_PICTURES = 4000, USUAL_CALIBRATION = 128 };

static int parse_method(const char *text, void *target)
{
    int method = strcmp(text, "auto") == 0 ? CM_QUANTIZE_AUTO : CAMEO_RANGE_METHODS;
    for (int i = 0; i < CAMEO_RANGE_METHODS; i++)
        if (strcmp(text, cm_quantize_method_name((cameo_range_method)i)) == 0)
            method = i;
    if (method == CAMEO_RANGE_METHODS)
        return -1;
    memcpy(target, &method, sizeof method);
    return 0;
}

/* The contract, complete: an engine settles what the file leaves open, and refuses what is no recognizer. */
static int settle_contract(cm_quantize_job *job)
{
    cameo_options options = job->settings->options;
    options.recognizer_network = job->network;
    options.recognizer_contract = job->settings->contract;
    cameo_engine *engine;
    cameo_error error;
    if (cameo_engine_open(&engine, &options, &error) != CAMEO_OK)
        return cm_report_error(job->path, &error);
    job->contract = cameo_engine_recognizer_contract(engine);
    cameo_engine_free(engine);
    job->people.size = job->contract.width;
    return CM_EXIT_OK;
}

/* The float model must outlive what is made of it. */
static int check_output(const cm_quantize_job *job)
{
    struct stat model, output;
    if (stat(job->path, &model) == 0 && stat(job->output, &output) == 0 && model.st_dev == output.st_dev && model.st_ino == output.st_ino)
        return cm_report_usage("quantize", "%s is the model itself; the quantised one needs another name", job->output);
    return CM_EXIT_OK;
}

static int read_faces(cm_quantize_job *job, size_t limit)
{
    const int code = cm_people_read(&job->people, job->settings, job->folder, limit);
    if (code > CM_EXIT_INPUT || (code != CM_EXIT_OK && job->people.count == 0))
        return code;
    if (job->people.count >= CM_QUANTIZE_LEAST_FACES)
        return CM_EXIT_OK;
    return cm_report(CM_EXIT_INPUT, "%s: of %zu pictures %zu give a face of their own; at least %d are needed to choose ranges by, and some hundreds of "
                     "people are better", job->folder, job->people.pictures, job->people.count, CM_QUANTIZE_LEAST_FACES);
}

static int write_model(cm_quantize_job *job, FILE *stream)
{
    const void *bytes;
    cameo_error error;
    if (cameo_quantizer_write(job->quantizer, &bytes, &job->bytes_after, &error) != CAMEO_OK)
        return cm_report_error(job->path, &error);
    job->bytes_before = (size_t)cameo_network_info(job->network).file_bytes;
    (void)fwrite(bytes, 1, job->bytes_after, stream); /* the stream remembers what went wrong */
    return CM_EXIT_OK;
}

static int refuse(const cm_quantize_job *job)
{
    const cm_quantize_score *result = &job->result;
    const double over = cm_quantize_loss(job, result) - job->max_loss;
    if (over > 0.0)
        return cm_report(CM_EXIT_NO, "%s: not written: with %d of %d layers in float it still loses %.2f points of TAR at FAR %g, %.2f more than --max-loss %g",
                         job->output, job->kept, job->row_count, over + job->max_loss, job->far, over, job->max_loss);
    return cm_report(CM_EXIT_NO, "%s: not written: with %d of %d layers in float the mean cosine to the float model still is %.5f, %.5f less than "
                     "--min-cosine %g", job->output, job->kept, job->row_count, result->cosine, job->min_cosine - result->cosine, job->min_cosine);
}

/* From the network to the file; *out is open and becomes the quantised model, or nothing. */
static int work(cm_quantize_job *job, size_t limit, cm_outfile *out, int *judged)
{
    int code = settle_contract(job);
    if (code == CM_EXIT_OK)
        code = cm_quantize_open(job);
    if (code == CM_EXIT_OK)
        code = read_faces(job, limit);
    if (code == CM_EXIT_OK)
        code = cm_quantize_prepare(job);
    if (code == CM_EXIT_OK)
        code = cm_quantize_search(job);
    *judged = code == CM_EXIT_OK;
    if (code == CM_EXIT_OK)
        code = job->met ? write_model(job, out->stream) : refuse(job);
    return code;
}

static int run(cm_quantize_job *job, const char *model, size_t limit, int json)
{
    const cm_settings *given = job->settings;
    cm_settings found = *given;
    char *detector = NULL, *ignored = NULL;
    cm_outfile out, answer;
    int judged = 0, code = cm_lookup_pair(model, given->detector, &job->path, job->people.aligned ? NULL : &detector);
    if (code == CM_EXIT_OK)
        code = check_output(job);
    if (code == CM_EXIT_OK)
        code = cm_settings_open_network(given, job->path, &job->network, &ignored);
    if (code == CM_EXIT_OK)
        code = cm_outfile_open(&out, job->output);
    if (code == CM_EXIT_OK) {
        found.detector = detector;
        job->settings = &found;
        job->options.network = cm_settings_network_options(&found);
        job->options.threads = cm_settings_threads(&found);
        code = work(job, limit, &out, &judged);
        if (code == CM_EXIT_OK)
            code = cm_outfile_commit(&out);
        else
            cm_outfile_abort(&out);
    }
    if (judged && code <= CM_EXIT_NO) {
        (void)cm_outfile_open(&answer, NULL);
        if (json)
            cm_quantize_print_json(job, answer.stream);
        else
            cm_quantize_print(job, answer.stream);
        code = cm_outfile_finish(&answer, code);
    }
    free(detector);
    free(ignored);
    return code;
}

int cm_command_quantize(int argc, char **argv)
{
    cm_settings settings;
    cm_quantize_job job = {.settings = &settings, .max_loss = 0.1, .min_cosine = 0.995, .method = CM_QUANTIZE_AUTO, .calibrate = USUAL_CALIBRATION};
    int json = 0, limit = USUAL_PICTURES, seven = 0;
    double max_float = 50.0;
    cm_flags flags = {
        .command = "quantize", .synopsis = "MODEL --faces DIR -o OUT.onnx [options]", .minimum = 1, .maximum = 1,
        .help = "Makes a recognition model of float32 into one of eight bits: standard ONNX with QuantizeLinear and DequantizeLinear, uint8 activations,\n"
                "int8 weights with a scale for each channel. Everything is judged by the embeddings of real faces: DIR holds a folder for each person.\n"
                "Ranges are chosen in five ways, the best is taken; biases are corrected where that pays. If the result loses more than the budget\n"
                "(--max-loss, --min-cosine), each layer is quantised alone to see what it costs, and the fewest of the worst stay in float with which\n"
                "the budget is met. Where that is not possible nothing is written.\n"
                "Exit code 0: written, 1: the budget cannot be met.",
        .examples = "  cameo quantize w600k_r50 --faces people/ -o w600k_r50.int8.onnx\n"
                    "  cameo quantize mine.onnx --faces crops/ --aligned --max-loss 0.05 --json -o mine.int8.onnx"};
    int first, code = cm_settings_init(&settings, &flags, CM_SETTINGS_DETECTOR | CM_SETTINGS_RANK | CM_SETTINGS_CONTRACT | CM_SETTINGS_RUN);
    settings.options.rank = CAMEO_RANK_CENTRAL;
    cameo_quantize_options_default(&job.options);
    cm_flags_add(&flags, (cm_flag){.name = "output-name", .value = "NAME", .kind = CM_FLAG_TEXT, .target = &settings.contract.output_name,
        .help = "output that is the embedding (read from the model)"});
    cm_flags_add(&flags, (cm_flag){.name = "faces", .value = "DIR", .kind = CM_FLAG_TEXT, .target = &job.folder,
        .help = "faces to choose and to judge by: a folder for each person"});
    cm_flags_add(&flags, (cm_flag){.name = "output", .letter = 'o', .value = "OUT.onnx", .kind = CM_FLAG_TEXT, .target = &job.output,
        .help = "the quantised model"});
    cm_flags_add(&flags, (cm_flag){.name = "aligned", .kind = CM_FLAG_SWITCH, .target = &job.people.aligned,
        .help = "the pictures are faces that 'cameo align' cut out"});
    cm_flags_add(&flags, (cm_flag){.name = "pictures", .value = "N", .kind = CM_FLAG_INT, .target = &limit, .low = CM_QUANTIZE_LEAST_FACES,
        .high = MOST_PICTURES, .help = "use at most so many, two of each person first (400)"});
    cm_flags_add(&flags, (cm_flag){.name = "calibrate", .value = "N", .kind = CM_FLAG_INT, .target = &job.calibrate, .low = CM_QUANTIZE_LEAST_FACES,
        .high = MOST_PICTURES, .help = "choose ranges by at most so many of them (128)"});
    cm_flags_add(&flags, (cm_flag){.name = "ranges", .value = "HOW", .kind = CM_FLAG_PARSE, .target = &job.method, .parse = parse_method,
        .wants = "auto, minmax, percentile, percentile-wide, entropy or mse",
        .help = "minmax, percentile, percentile-wide, entropy, mse, or auto: whichever does best (auto)"});
    cm_flags_add(&flags, (cm_flag){.name = "max-loss", .value = "POINTS", .kind = CM_FLAG_NUMBER, .target = &job.max_loss, .low = 0, .high = 100,
        .help = "percentage points of TAR that may be lost, at the smallest FAR that the faces can tell (0.1)"});
    cm_flags_add(&flags, (cm_flag){.name = "min-cosine", .value = "X", .kind = CM_FLAG_NUMBER, .target = &job.min_cosine, .low = -1, .high = 1,
        .help = "mean cosine between the embeddings of both models that is wanted (0.995)"});
    cm_flags_add(&flags, (cm_flag){.name = "max-float", .value = "PERCENT", .kind = CM_FLAG_NUMBER, .target = &max_float, .low = 0, .high = 100,
        .help = "how much of the multiplications may stay in float (50)"});
    cm_flags_add(&flags, (cm_flag){.name = "every-output", .kind = CM_FLAG_SWITCH, .target = &job.options.every_output,
        .help = "round what layers give also in front of an activation: less exact, but ONNX Runtime computes with integers only then"});
    cm_flags_add(&flags, (cm_flag){.name = "seven-bits", .kind = CM_FLAG_SWITCH, .target = &seven,
        .help = "weights of seven bits, for programs that saturate with eight on processors without VNNI"});
    cm_flags_add(&flags, (cm_flag){.name = "small-constants", .kind = CM_FLAG_SWITCH, .target = &job.options.small_constants,
        .help = "in small networks scales and biases as half floats, slopes of PReLUs as bytes: a tenth smaller, slower in ONNX Runtime up to 1.22"});
    cm_flags_add(&flags, (cm_flag){.name = "json", .kind = CM_FLAG_SWITCH, .target = &json, .help = "one JSON object"});
    if (code < 0)
        code = cm_flags_parse(&flags, argc, argv, &first);
    if (code >= 0)
        return code;
    if (!job.folder)
        return cm_report_usage("quantize", "--faces DIR is needed: ranges are chosen on real faces");
    if (!job.output)
        return cm_report_usage("quantize", "-o OUT.onnx is needed: where the quantised model goes");
    job.max_float = max_float / 100.0;
    job.options.weight_bits = seven ? 7 : 8;
    code = run(&job, argv[first], (size_t)limit, json);
    cm_quantize_free(&job);
    return code;
}
