/* Files that are often given for a model, recognised by their beginning. */
#include "onnx/onnx_reader.h"

#include <string.h>

typedef struct signature {
    size_t offset;
    size_t size;
    const char *bytes;
    const char *text;
} signature;

#define PICTURE "is a picture, not an ONNX model: was it given in the model's place?"

static const signature signatures[] = {
    {0, 23, "version https://git-lfs",
     "is a Git LFS pointer, not the model itself: fetch the file with 'git lfs pull' or download it from its release page"},
    {0, 2, "\x1f\x8b", "is gzip-compressed: unpack it and give the .onnx file"},
    {0, 6, "7z\xbc\xaf\x27\x1c", "is a 7-Zip archive: unpack it and give the .onnx file"},
    {0, 6, "\3757zXZ\0", "is xz-compressed: unpack it and give the .onnx file"},
    {0, 4, "\x28\xb5\x2f\xfd", "is zstd-compressed: unpack it and give the .onnx file"},
    {257, 5, "ustar", "is a tar archive: unpack it and give the .onnx file"},
    {0, 2, "\x80\x02",
     "is a Python pickle, most likely a PyTorch checkpoint: export it with torch.onnx.export and give the .onnx file"},
    {0, 2, "\x80\x03", "is a Python pickle: export the model to ONNX and give the .onnx file"},
    {0, 2, "\x80\x04", "is a Python pickle: export the model to ONNX and give the .onnx file"},
    {0, 2, "\x80\x05", "is a Python pickle: export the model to ONNX and give the .onnx file"},
    {4, 4, "TFL3", "is a TensorFlow Lite model: convert it to ONNX (tf2onnx --tflite)"},
    {4, 4, "ORTM", "is in ONNX Runtime's own ORT format: give the .onnx file that it was made from"},
    {0, 7, "7767517", "is an ncnn parameter file: give the .onnx file that it was made from"},
    {0, 4, "\x89HDF", "is an HDF5 file, most likely a Keras model: convert it to ONNX (tf2onnx)"},
    {0, 8, "\x12\x01\0\0\0\0\0\0", "is an MXNet parameter file: export the model to ONNX"},
    {0, 6, "\x93NUMPY", "is a NumPy array, not an ONNX model"},
    {0, 3, "\xff\xd8\xff", PICTURE},
    {0, 4, "\x89PNG", PICTURE},
    {0, 4, "GIF8", PICTURE},
    {8, 4, "WEBP", PICTURE},
    {0, 4, "\177ELF", "is a program or library, not an ONNX model"},
    {0, 5, "%PDF-", "is a PDF document, not an ONNX model"},
};

static bool starts_with(const unsigned char *bytes, size_t size, size_t offset, const char *what, size_t length)
{
    return size >= offset + length && memcmp(bytes + offset, what, length) == 0;
}

static bool is_bmp(const unsigned char *bytes, size_t size)
{
    return starts_with(bytes, size, 0, "BM", 2) && starts_with(bytes, size, 6, "\0\0\0\0", 4);
}

static bool starts_with_word(const unsigned char *bytes, size_t size, const char *lower)
{
    for (size_t i = 0; lower[i]; i++) {
        if (i >= size)
            return false;
        unsigned char c = bytes[i];
        if (c >= 'A' && c <= 'Z')
            c = (unsigned char)(c - 'A' + 'a');
        if (c != (unsigned char)lower[i])
            return false;
    }
    return true;
}

/* The beginning of an ONNX file is a protobuf key, 0x08 in practice: no printable character. */
static bool is_text(const unsigned char *bytes, size_t size)
{
    size_t looked = size < 256 ? size : 256;
    for (size_t i = 0; i < looked; i++)
        if (bytes[i] == 0x7f || (bytes[i] < 0x20 && bytes[i] != '\t' && bytes[i] != '\n' && bytes[i] != '\r'))
            return false;
    return true;
}

static const char *describe_text(const unsigned char *bytes, size_t size)
{
    static const char *const web[] = {"<!doctype", "<html", "<head", "<body", "<!--"};
    if (starts_with(bytes, size, 0, "\xef\xbb\xbf", 3)) {
        bytes += 3;
        size -= 3;
    }
    while (size && (*bytes == ' ' || *bytes == '\t' || *bytes == '\n' || *bytes == '\r')) {
        bytes++;
        size--;
    }
    for (size_t i = 0; i < sizeof web / sizeof *web; i++)
        if (starts_with_word(bytes, size, web[i]))
            return "is an HTML page, not a model: the download gave an error or login page; download the .onnx file itself";
    if (!is_text(bytes, size))
        return NULL;
    if (starts_with_word(bytes, size, "<?xml"))
        return "is an XML file (an error message, or an OpenVINO model), not an ONNX model: give the .onnx file";
    if (size && (*bytes == '{' || *bytes == '['))
        return "is JSON text, not a model: the download gave an error message, or this is a description beside the model";
    return "is a text file, not an ONNX model: give the .onnx file itself";
}

static bool contains(const unsigned char *bytes, size_t size, const char *what)
{
    size_t length = strlen(what);
    for (size_t i = 0; i + length <= size; i++)
        if (memcmp(bytes + i, what, length) == 0)
            return true;
    return false;
}

const char *cm_onnx_describe_wrong(const unsigned char *bytes, size_t size)
{
    if (size == 0)
        return "is empty (0 bytes): the download or copy failed, fetch it again";
    if (starts_with(bytes, size, 0, "PK\x03\x04", 4))
        return contains(bytes, size < 4096 ? size : 4096, "data.pkl")
                   ? "is a PyTorch checkpoint: export it with torch.onnx.export and give the .onnx file"
                   : "is a zip archive: unpack it and give one of the .onnx files in it";
    if (is_bmp(bytes, size))
        return PICTURE;
    for (size_t i = 0; i < sizeof signatures / sizeof *signatures; i++)
        if (signatures[i].text && starts_with(bytes, size, signatures[i].offset, signatures[i].bytes, signatures[i].size))
            return signatures[i].text;
    return describe_text(bytes, size);
}
