/* Are two pictures of the same person? usage: compare_faces RECOGNIZER.onnx DETECTOR.onnx A.jpg B.jpg */
#include <cameo.h>

#include <stdio.h>

/* The embedding of the most prominent face of a picture: embedding [512]. */
static cameo_status embed_file(cameo_session *session, const char *path, float *embedding, cameo_error *error)
{
    cameo_image *image;
    cameo_status status = cameo_image_load(&image, path, NULL, error);
    if (status != CAMEO_OK)
        return status;
    cameo_image_view pixels = cameo_image_pixels(image);
    cameo_face face;
    size_t count;
    status = cameo_detect(session, &pixels, &face, 1, &count, error);
    if (status == CAMEO_OK && count == 0) {
        snprintf(error->message, sizeof error->message, "%s: no face found", path);
        status = CAMEO_ERROR_NO_FACE;
    }
    if (status == CAMEO_OK)
        status = cameo_embed(session, &pixels, &face, 1, embedding, 512, error);
    cameo_image_free(image);
    return status;
}

int main(int argc, char **argv)
{
    if (argc != 5) {
        fprintf(stderr, "usage: compare_faces RECOGNIZER.onnx DETECTOR.onnx A.jpg B.jpg\n");
        return 2;
    }
    cameo_options options;
    cameo_options_default(&options);
    options.recognizer = argv[1];
    options.detector = argv[2];
    options.max_faces = 1;
    options.rank = CAMEO_RANK_LARGEST;

    cameo_error error;
    cameo_engine *engine = NULL;
    cameo_session *session = NULL;
    float a[512], b[512];
    cameo_status status = cameo_engine_open(&engine, &options, &error);
    if (status == CAMEO_OK)
        status = cameo_session_create(&session, engine, &error);
    if (status == CAMEO_OK)
        status = embed_file(session, argv[3], a, &error);
    if (status == CAMEO_OK)
        status = embed_file(session, argv[4], b, &error);
    if (status == CAMEO_OK)
        printf("similarity %.4f\n", (double)cameo_similarity(a, b, cameo_engine_dimension(engine)));
    else
        fprintf(stderr, "%s\n", error.message);
    cameo_session_free(session);
    cameo_engine_free(engine);
    return status == CAMEO_OK ? 0 : 1;
}
