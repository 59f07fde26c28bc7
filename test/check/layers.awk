# The rules of layers.sh, line by line.
function trim(s) { gsub(/^ +| +$/, "", s); return s }
function found(rule, text) { print FILENAME ":" FNR ": " rule ": " text }
function begins(text, start) { return substr(text, 1, length(start)) == start }
function among(word, list) { return index(" " list " ", " " word " ") > 0 }

# 1: allowed here, 0: not allowed here, -1: no foreign header that needs this file
function through_door(header,   door) {
  for (door in door_files)
    if (begins(header, door)) return among(stem, door_files[door])
  return -1
}

BEGIN {
  n = split(rooms, lines, "\n")
  for (i = 1; i <= n; ++i)
    if (split(lines[i], column, "|") == 3) {
      name = trim(column[1])
      reaches[name] = trim(column[2]) " base " name
      foreign[name] = trim(column[3])
    }
  n = split(doors, lines, "\n")
  for (i = 1; i <= n; ++i)
    if (split(lines[i], column, "|") == 2) door_files[trim(column[1])] = trim(column[2])
}

FNR == 1 {
  stem = FILENAME
  sub(/^include\/heddle\//, "", stem)
  sub(/\.[hi]pp$/, "", stem)
  room = stem ~ /\// ? substr(stem, 1, index(stem, "/") - 1) : (stem == "src" ? "src" : "top")
  if (!(room in reaches)) found("unknown_room", room " is not in the table of layers.sh")
}

/^ *# *include *"/ { found("quoted_include", "write <heddle/...>") }

/^ *# *include *</ {
  header = $0
  sub(/^[^<]*</, "", header)
  sub(/>.*/, "", header)
  if (begins(header, "heddle/")) {
    target = substr(header, 8)
    target = target ~ /\// ? substr(target, 1, index(target, "/") - 1) : "top"
    if (target != "top" && !among(target, reaches[room])) found("room", room " may not include " target)
    else if (target == "top" && room != "top" && room != "src") found("room", "a top-level header includes " room)
  } else if (header == "boost/asio.hpp" || header == "boost/beast.hpp") {
    found("whole_library", "include the parts of " header " that are used: it costs seconds")
  } else if ((door = through_door(header)) >= 0) {
    if (!door) found("door", header " enters elsewhere, see layers.sh")
  } else if (header ~ /[\/.]/) {
    ok = 0
    n = split(foreign[room], prefix, " ")
    for (i = 1; i <= n; ++i) if (begins(header, prefix[i])) ok = 1
    if (!ok) found("foreign", room " may not include " header)
  }
}

# Time is injected: only the clock itself knows where it comes from.
stem != "transport/clock" {
  code = $0
  sub(/\/\/.*/, "", code)
  if (code ~ /steady_timer|steady_clock::now/) found("clock", "ask the heddle::clock")
}

# g++ emits a class with its virtual functions in every program that sees them defined, unless all of them are inline
# where the class is. A declaration may go over several lines.
{
  code = $0
  sub(/ *\/\/.*/, "", code)
  declaration = declaration code
  if (code ~ /\) ?(const )?(noexcept )?(override|final);$/ && declaration !~ /HEDDLE_DECL|= 0/)
    found("virtual_function", "write HEDDLE_DECL, or every header-only program has the whole class in it")
  if (code !~ /[,(]$/) declaration = ""
}
