# Writes a C source with the bytes of a file: cmake -D FILE=... -D ARRAY=name -D SOURCE=... -P array_of_file.cmake
file(SIZE ${FILE} size)
file(READ ${FILE} digits HEX)
string(REGEX REPLACE "(..)" "0x\\1," values "${digits}")
string(REPEAT "....." 24 line)
string(REGEX REPLACE "(${line})" "\\1\n" values "${values}")
file(WRITE ${SOURCE} "extern const unsigned char ${ARRAY}[${size}];\nconst unsigned char ${ARRAY}[${size}] = {\n${values}};\n")
