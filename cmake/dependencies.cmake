# pkg-config modules of the picture codecs (docs/dependencies.md says why these); cameo.pc and find_package(cameo) name the same ones.
set(CAMEO_CODEC_MODULES libjpeg libpng libwebp)
pkg_check_modules(CAMEO_CODECS REQUIRED IMPORTED_TARGET ${CAMEO_CODEC_MODULES})

add_library(cameo_image_codecs INTERFACE)
target_link_libraries(cameo_image_codecs INTERFACE PkgConfig::CAMEO_CODECS)
