/* cameo doctor: how a recognizer wants its faces, told from how well it tells people apart. */
#include <stdlib.h>

#include "commands.h"
#include "doctor.h"
#include "lookup.h"
#include "outfile.h"
#include "report.h"

enum { USUAL_PICTURES = 400, MOST_PICTURES = 4000 };

/* The present contract, complete: an engine settles what the file leaves open, and refuses what is no recognizer. */
static int settle_contract(cm_doctor *doctor)
{
    const cameo_options options = cm_doctor_options(doctor, NULL);
    cameo_engine *engine;
    cameo_error error;
    if (cameo_engine_open(&engine, &options, &error) != CAMEO_OK)
        return cm_report_error(cameo_network_info(doctor->network).path, &error);
    doctor->contract = cameo_engine_recognizer_contract(engine);
    cameo_engine_free(engine);
    doctor->people.size = doctor->contract.width;
    return CM_EXIT_OK;
}

/* Faces first, then every setting. CM_EXIT_INPUT beside a result: some pictures could not be read. */
static int examine(cm_doctor *doctor, size_t limit)
{
    int code = settle_contract(doctor), read = CM_EXIT_OK;
    if (code == CM_EXIT_OK)
        read = cm_people_read(&doctor->people, doctor->settings, doctor->folder, limit);
    if (code != CM_EXIT_OK || read > CM_EXIT_INPUT || (read != CM_EXIT_OK && doctor->people.count == 0))
        return cm_report_worse(code, read);
    code = cm_doctor_check_people(doctor);
    if (code != CM_EXIT_OK)
        return code;
    cm_doctor_add_pixels(doctor);
    code = cm_doctor_measure(doctor, 0);
    if (code != CM_EXIT_OK)
        return code;
    cm_doctor_decide(doctor);
    if (!doctor->rows[doctor->best].failure[0]) {
        cm_doctor_add_forms(doctor);
        code = cm_doctor_measure(doctor, doctor->pixel_rows);
    }
    if (code != CM_EXIT_OK)
        return code;
    cm_doctor_explain(doctor);
    return read == CM_EXIT_OK && doctor->verdict != CM_DOCTOR_RIGHT ? CM_EXIT_NO : read;
}

static int run(cm_doctor *doctor, size_t limit, int json)
{
    const cm_settings *given = doctor->settings;
    cm_settings found = *given;
    char *model = NULL, *detector = NULL, *path = NULL;
    cameo_network *network = NULL;
    int code = cm_lookup_pair(given->model, given->detector, &model, doctor->people.aligned ? NULL : &detector);
    if (code == CM_EXIT_OK)
        code = cm_settings_open_network(given, model, &network, &path);
    if (code == CM_EXIT_OK) {
        found.detector = detector;
        doctor->settings = &found;
        doctor->network = network;
        code = examine(doctor, limit);
    }
    if (doctor->sentences > 0 && code <= CM_EXIT_INPUT) {
        cm_outfile out;
        (void)cm_outfile_open(&out, NULL);
        if (json)
            cm_doctor_print_json(doctor, out.stream);
        else
            cm_doctor_print(doctor, out.stream);
        code = cm_outfile_finish(&out, code);
    }
    for (size_t i = 0; i < doctor->row_count; i++)
        cm_separation_free(&doctor->rows[i].result);
    cm_people_free(&doctor->people);
    cameo_network_free(network);
    free(model);
    free(detector);
    free(path);
    return code;
}

int cm_command_doctor(int argc, char **argv)
{
    cm_settings settings;
    cm_doctor *doctor = calloc(1, sizeof *doctor);
    int json = 0, limit = USUAL_PICTURES;
    cm_flags flags = {
        .command = "doctor", .synopsis = "[options] FACES_DIR", .minimum = 1, .maximum = 1,
        .help = "Says how a recognition model wants its faces, and what the present setting (what is read from the model, or given by options) costs.\n"
                "FACES_DIR holds a folder for each person, with two pictures or more. Every face is embedded in RGB and BGR, with every usual mean and\n"
                "std, with the box cut out instead of alignment, the left and right landmarks exchanged, the template mirrored, and without normalising;\n"
                "what tells the people apart best is what the model wants. Only what is neither chance (three standard errors, people being the\n"
                "sample) nor a trifle counts as better. At least 5 people must have two pictures; 30 or more give a clear answer.\n"
                "Exit code 0: the present setting is right, 1: it is not, or no setting tells these people apart.",
        .examples = "  cameo doctor --model w600k_r50 people/\n  cameo doctor --model mine.onnx --color bgr people/\n"
                    "  cameo doctor --model mine.onnx --aligned crops/ --json"};
    if (!doctor)
        return cm_report(CM_EXIT_OTHER, "out of memory");
    int first, code = cm_settings_init(&settings, &flags, CM_SETTINGS_MODEL | CM_SETTINGS_DETECTOR | CM_SETTINGS_RANK | CM_SETTINGS_CONTRACT |
                                       CM_SETTINGS_RUN);
    settings.options.rank = CAMEO_RANK_CENTRAL;
    cm_flags_add(&flags, (cm_flag){.name = "aligned", .kind = CM_FLAG_SWITCH, .target = &doctor->people.aligned,
        .help = "the pictures are faces that 'cameo align' cut out"});
    cm_flags_add(&flags, (cm_flag){.name = "pictures", .value = "N", .kind = CM_FLAG_INT, .target = &limit, .low = 10, .high = MOST_PICTURES,
        .help = "use at most so many, two of each person first (400)"});
    cm_flags_add(&flags, (cm_flag){.name = "json", .kind = CM_FLAG_SWITCH, .target = &json, .help = "one JSON object"});
    if (code < 0)
        code = cm_flags_parse(&flags, argc, argv, &first);
    if (code < 0) {
        doctor->settings = &settings;
        doctor->folder = argv[first];
        code = run(doctor, (size_t)limit, json);
    }
    free(doctor);
    return code;
}
