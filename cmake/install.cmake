# What `cmake --install` lays down, and how other projects find it: pkg-config (cameo.pc) and find_package(cameo).
include(CMakePackageConfigHelpers)

set_target_properties(cameo_shared PROPERTIES EXPORT_NAME cameo)
set_target_properties(cameo_static PROPERTIES EXPORT_NAME static)
add_library(cameo::cameo ALIAS cameo_shared)
add_library(cameo::static ALIAS cameo_static)

install(FILES include/cameo.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(FILES LICENSE NOTICE DESTINATION ${CMAKE_INSTALL_DOCDIR})

# Two export sets: whoever links the shared library needs none of the codecs' development packages.
install(TARGETS cameo_shared EXPORT cameo-shared LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(TARGETS cameo_static cameo_image_codecs EXPORT cameo-static ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
set(config_folder ${CMAKE_INSTALL_LIBDIR}/cmake/cameo)
install(EXPORT cameo-shared NAMESPACE cameo:: DESTINATION ${config_folder})
install(EXPORT cameo-static NAMESPACE cameo:: DESTINATION ${config_folder})

list(JOIN CAMEO_CODEC_MODULES " " CAMEO_PC_REQUIRES_PRIVATE)
configure_package_config_file(cmake/cameo-config.cmake.in cameo-config.cmake INSTALL_DESTINATION ${config_folder})
write_basic_package_version_file(cameo-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/cameo-config.cmake ${CMAKE_CURRENT_BINARY_DIR}/cameo-config-version.cmake
        DESTINATION ${config_folder})

# The prefix is found from the file's own place, so that an installed tree can be moved.
file(RELATIVE_PATH CAMEO_PC_TO_PREFIX /prefix/${CMAKE_INSTALL_LIBDIR}/pkgconfig /prefix)
configure_file(cmake/cameo.pc.in cameo.pc @ONLY)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/cameo.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
