# Writes a C source with the bytes of a file, which must still be the one that was looked at when CMake ran:
# cmake -D FILE=... -D SHA256=... -D ARRAY=name -D SOURCE=... -P array_of_file.cmake
file(SHA256 ${FILE} hash)
if(NOT hash STREQUAL SHA256)
  message(FATAL_ERROR "${FILE} has changed since CMake ran: build again")
endif()
file(SIZE ${FILE} size)
file(READ ${FILE} digits HEX)
string(REGEX REPLACE "(..)" "0x\\1," values "${digits}")
string(REPEAT "....." 24 line)
string(REGEX REPLACE "(${line})" "\\1\n" values "${values}")
file(WRITE ${SOURCE} "extern const unsigned char ${ARRAY}[${size}];\nconst unsigned char ${ARRAY}[${size}] = {\n${values}};\n")
