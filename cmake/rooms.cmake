# A room is a folder of src/: an object library with its own dependencies, so that its tests build without the rooms above it.

# Compiler flags come from a file name's suffix alone: gemm_f32_avx512.c is built for AVX-512, nothing else is.
# UBSan stays out of the vector kernels (clang takes a minute for each of their unrolled loops with it); AddressSanitizer and
# checkkern's unreadable pages watch them.
function(cameo_instruction_set_flags)
  set(unchecked "-fno-sanitize=undefined")
  foreach(file IN LISTS ARGN)
    if(file MATCHES "_avx2\\.c$")
      set_source_files_properties(${file} PROPERTIES COMPILE_OPTIONS "-mavx2;-mfma;-mf16c;-mbmi2;${unchecked}")
    elseif(file MATCHES "_avxvnni\\.c$")
      set_source_files_properties(${file} PROPERTIES COMPILE_OPTIONS "-mavx2;-mfma;-mf16c;-mbmi2;-mavxvnni;${unchecked}")
    elseif(file MATCHES "_avx512\\.c$")
      set_source_files_properties(${file} PROPERTIES COMPILE_OPTIONS
        "-mavx2;-mfma;-mf16c;-mbmi2;-mavx512f;-mavx512bw;-mavx512dq;-mavx512vl;-mprefer-vector-width=512;${unchecked}")
    elseif(file MATCHES "_avx512vnni\\.c$")
      set_source_files_properties(${file} PROPERTIES COMPILE_OPTIONS
        "-mavx2;-mfma;-mf16c;-mbmi2;-mavx512f;-mavx512bw;-mavx512dq;-mavx512vl;-mavx512vnni;-mprefer-vector-width=512;${unchecked}")
    elseif(file MATCHES "_neondot\\.c$")
      set_source_files_properties(${file} PROPERTIES COMPILE_OPTIONS
        "-march=armv8.2-a+dotprod;$<$<C_COMPILER_ID:GNU>:-fno-schedule-insns>;${unchecked}")
    elseif(file MATCHES "_neon\\.c$")
      # Every aarch64 compiler has NEON. gcc, scheduling before it gives out registers, takes more of them than there are.
      set_source_files_properties(${file} PROPERTIES COMPILE_OPTIONS "$<$<C_COMPILER_ID:GNU>:-fno-schedule-insns>;${unchecked}")
    endif()
  endforeach()
endfunction()

# Leaves, of a list of files, those whose suffix belongs to the processor that is built for; on any other the reference kernels are all there is.
function(cameo_keep_instruction_sets list)
  set(files ${${list}})
  if(NOT CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
    list(FILTER files EXCLUDE REGEX "_avx[0-9a-z]*\\.c$")
  endif()
  if(NOT CMAKE_SYSTEM_PROCESSOR MATCHES "aarch64|arm64")
    list(FILTER files EXCLUDE REGEX "_neon(dot)?\\.c$")
  endif()
  set(${list} ${files} PARENT_SCOPE)
endfunction()

# cameo_room(NAME [USES room...] [LIBRARIES target...])
function(cameo_room name)
  cmake_parse_arguments(ROOM "" "" "USES;LIBRARIES" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/src/${name}/*.c)
  cameo_keep_instruction_sets(sources)
  if(NOT sources)
    return()
  endif()
  cameo_instruction_set_flags(${sources})
  add_library(cm_${name} OBJECT ${sources})
  target_link_libraries(cm_${name} PRIVATE cameo_flags ${ROOM_LIBRARIES})
  set_property(GLOBAL APPEND PROPERTY CAMEO_ROOMS ${name})
  set_property(GLOBAL PROPERTY CAMEO_ROOM_USES_${name} ${ROOM_USES})
  set_property(GLOBAL PROPERTY CAMEO_ROOM_LIBRARIES_${name} ${ROOM_LIBRARIES})
endfunction()

# Links a target (a test, a fuzz target) with the objects of some rooms and all they use.
function(cameo_link_rooms target)
  set(libraries)
  set(wanted ${ARGN})
  foreach(room IN LISTS ARGN)
    get_property(uses GLOBAL PROPERTY CAMEO_ROOM_USES_${room})
    list(APPEND wanted ${uses})
  endforeach()
  list(REMOVE_DUPLICATES wanted)
  foreach(room IN LISTS wanted)
    if(TARGET cm_${room})
      target_sources(${target} PRIVATE $<TARGET_OBJECTS:cm_${room}>)
      get_property(room_libraries GLOBAL PROPERTY CAMEO_ROOM_LIBRARIES_${room})
      list(APPEND libraries ${room_libraries})
    endif()
  endforeach()
  target_link_libraries(${target} PRIVATE cameo_flags ${libraries} Threads::Threads m)
endfunction()

# libcameo, static and shared, from all rooms.
function(cameo_library)
  get_property(rooms GLOBAL PROPERTY CAMEO_ROOMS)
  foreach(kind STATIC SHARED)
    string(TOLOWER ${kind} suffix)
    set(target cameo_${suffix})
    add_library(${target} ${kind})
    set_target_properties(${target} PROPERTIES OUTPUT_NAME cameo LINKER_LANGUAGE C VERSION ${PROJECT_VERSION}
                          SOVERSION ${PROJECT_VERSION_MAJOR})
    foreach(room IN LISTS rooms)
      target_sources(${target} PRIVATE $<TARGET_OBJECTS:cm_${room}>)
      get_property(room_libraries GLOBAL PROPERTY CAMEO_ROOM_LIBRARIES_${room})
      target_link_libraries(${target} PRIVATE ${room_libraries})
    endforeach()
    target_link_libraries(${target} PRIVATE $<BUILD_INTERFACE:cameo_flags> Threads::Threads m)
    target_include_directories(${target} PUBLIC $<BUILD_INTERFACE:${CMAKE_CURRENT_SOURCE_DIR}/include>
                               $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
  endforeach()
  target_link_options(cameo_shared PRIVATE -Wl,--gc-sections)
  if(NOT CAMEO_SANITIZE) # clang leaves the sanitizers' own symbols to the program
    target_link_options(cameo_shared PRIVATE -Wl,--no-undefined)
  endif()
endfunction()
