/* The commands of the program, one file each. */
#ifndef CM_CLI_COMMANDS_H
#define CM_CLI_COMMANDS_H

/* X(name, what it does in a few words) */
#define CM_COMMANDS(X)                                                       \
    X(info, "say what a model is, wants and costs")                          \
    X(detect, "find faces in pictures")                                      \
    X(align, "cut faces out, upright and of one size")                       \
    X(embed, "turn faces into embeddings")                                   \
    X(compare, "tell whether two pictures show the same person")             \
    X(doctor, "find out how a recognition model wants its faces")             \
    X(eval, "measure how well a model tells people apart")                   \
    X(calibrate, "find the threshold for a wanted rate of false accepts")    \
    X(quantize, "make a recognition model of float32 into one of eight bits")   \
    X(run, "run any model on a tensor in NumPy's format")                    \
    X(bench, "measure how fast a model is here")                             \
    X(model, "list, fetch, check and make models")

/* X(name, what it does): cameo model NAME */
#define CM_MODEL_COMMANDS(X)                                                 \
    X(list, "the known models, their licences, and which are here")          \
    X(path, "where a model lies")                                            \
    X(pull, "download a model or a pack")                                    \
    X(verify, "tell by its hash what a file is")                             \
    X(export, "write the built-in models as ONNX files")                     \
    X(make, "make a model that knows no faces, for benchmarks and tests")

/* Each takes its own arguments (argv[0] is its name) and returns the exit code of the program. */
#define CM_DECLARE(name, summary) int cm_command_##name(int argc, char **argv);
CM_COMMANDS(CM_DECLARE)
#undef CM_DECLARE
#define CM_DECLARE(name, summary) int cm_model_##name(int argc, char **argv);
CM_MODEL_COMMANDS(CM_DECLARE)
#undef CM_DECLARE

#endif
