# Writes the dashboard's files and the API's document as C arrays: cmake -DFROM=folder -DTO=file.c -P assets.cmake
# The entity tag is a hash of the content, so that a browser never shows an old page after an upgrade.
set(arrays "")
set(table "")
foreach(entry "index.html|/|text/html; charset=utf-8" "app.css|/app.css|text/css; charset=utf-8"
	"app.js|/app.js|text/javascript; charset=utf-8" "icon.svg|/icon.svg|image/svg+xml"
	"../openapi.json|/api/v1/openapi.json|application/json")
	string(REGEX MATCH "^([^|]*)\\|([^|]*)\\|(.*)$" unused "${entry}")
	set(file "${CMAKE_MATCH_1}")
	set(path "${CMAKE_MATCH_2}")
	set(type "${CMAKE_MATCH_3}")
	get_filename_component(symbol "${file}" NAME)
	string(MAKE_C_IDENTIFIER "${symbol}" symbol)
	file(READ "${FROM}/${file}" hex HEX)
	file(SHA256 "${FROM}/${file}" hash)
	string(SUBSTRING "${hash}" 0 16 hash)
	string(LENGTH "${hex}" digits)
	math(EXPR len "${digits} / 2")
	string(REGEX REPLACE "(................................)" "\\1\n" hex "${hex}")
	string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," hex "${hex}")
	string(APPEND arrays "static const unsigned char ${symbol}[] = {\n${hex}};\n")
	string(APPEND table "\t{\"${path}\", \"${type}\", \"\\\"${hash}\\\"\", ${symbol}, ${len}},\n")
endforeach()
file(WRITE "${TO}" "/* Generated from ${FROM}. */\n#include \"web/assets.h\"\n\n${arrays}
const struct assets_file assets_files[] = {\n${table}\t{0},\n};\n")
