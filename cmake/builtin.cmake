# The models of models/ become arrays of the room `builtin`. Sizes and hashes are known when CMake runs, so that they can stand among the known models.

# cameo_builtin(NAME ROLE): models/NAME.onnx, where it is there and wanted.
function(cameo_builtin name role)
  set(file ${PROJECT_SOURCE_DIR}/models/${name}.onnx)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/models)
  if(NOT CAMEO_DEFAULT_MODELS OR NOT EXISTS ${file})
    return()
  endif()
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
  file(SIZE ${file} bytes)
  file(SHA256 ${file} hash)
  set_property(GLOBAL APPEND_STRING PROPERTY CAMEO_BUILTIN_ROWS " \\\n    X(${name}, \"${role}\", ${bytes}, \"${hash}\")")
  set(array ${PROJECT_BINARY_DIR}/generated/builtin/builtin_${name}.c)
  add_custom_command(OUTPUT ${array} DEPENDS ${file} ${PROJECT_SOURCE_DIR}/cmake/array_of_file.cmake VERBATIM
                     COMMAND ${CMAKE_COMMAND} -D FILE=${file} -D SHA256=${hash} -D ARRAY=cm_builtin_bytes_${name} -D SOURCE=${array}
                             -P ${PROJECT_SOURCE_DIR}/cmake/array_of_file.cmake)
  target_sources(cm_builtin PRIVATE ${array})
endfunction()

# Writes the list that src/builtin/builtin.h reads.
function(cameo_builtin_list)
  get_property(rows GLOBAL PROPERTY CAMEO_BUILTIN_ROWS)
  file(CONFIGURE OUTPUT ${PROJECT_BINARY_DIR}/generated/builtin/builtin_list.h
       CONTENT "/* Made by cmake/builtin.cmake. */\n#define CM_BUILTIN_LIST(X)${rows}\n")
endfunction()
