# The rules of coroutines.sh. Each file is read whole, comments and literals are blanked, and every full expression with
# a co_await in it is looked at; bodies of lambdas inside it are expressions of their own.

function at(i) { return substr(code, i, 1) }
function is_word(c) { return c ~ /[A-Za-z0-9_]/ }
function skip_blank(i) { while (at(i) ~ /[ \t\n]/) ++i; return i }
function back_blank(i) { while (i > 0 && at(i) ~ /[ \t\n]/) --i; return i }
function word_before(i,   end) {
  end = i
  while (i > 0 && is_word(at(i))) --i
  return substr(code, i + 1, end - i)
}
function line_of(i,   line) {
  for (line = lines; line > 1 && line_start[line] > i; --line);
  return line
}
function found(i, rule, text,   key) {
  key = line_of(i) ": " rule ": " text
  if (!(key in seen)) print file ":" key
  seen[key] = 1
}

# Blanks comments and the insides of literals of one line; `state` ("" or "*/" or a raw string's end) lives on.
function blank_line(text,   out, i, c, end) {
  out = ""
  if (state == "" && text ~ /^ *#/) return out
  for (i = 1; i <= length(text);) {
    if (state != "") {
      end = index(substr(text, i), state)
      if (!end) return out
      i += end + length(state) - 1
      out = out (state == "*/" ? " " : "\"")
      state = ""
      continue
    }
    if (match(substr(text, i), /["'\/]/) == 0) return out substr(text, i)
    out = out substr(text, i, RSTART - 1)
    i += RSTART - 1
    c = substr(text, i, 1)
    if (substr(text, i, 2) == "//") return out
    if (substr(text, i, 2) == "/*") { state = "*/"; i += 2; continue }
    if (c == "\"" && out ~ /R$/) {
      end = index(substr(text, i), "(")
      state = ")" substr(text, i + 1, end - 2) "\""
      out = out c
      i += end
      continue
    }
    if (c == "/" || (c == "'" && out ~ /[0-9a-fA-F]$/)) { out = out c; ++i; continue }
    for (end = i + 1; end <= length(text) && substr(text, end, 1) != c; ++end)
      if (substr(text, end, 1) == "\\") ++end
    out = out c c
    i = end + 1
  }
  return out
}

# The position of the bracket that closes the one at i; brackets of all kinds nest.
function closing(i,   depth, c) {
  for (depth = 0; i <= size; ++i) {
    c = at(i)
    if (c ~ /[([{]/) ++depth
    else if (c ~ /[])}]/ && --depth == 0) return i
  }
  return size
}
function opening(i,   depth, c) {
  for (depth = 0; i > 0; --i) {
    c = at(i)
    if (c ~ /[])}]/) ++depth
    else if (c ~ /[([{]/ && --depth == 0) return i
  }
  return 1
}

# For the `[` of a lambda: the position of the end of its body; 0 when it is a subscript, a binding or an attribute.
function lambda_end(i,   before, j, c) {
  if (at(i + 1) == "[" || at(i - 1) == "[") return 0
  before = back_blank(i - 1)
  if (at(before) ~ /[])"]/) return 0
  if (is_word(at(before)) && word_before(before) !~ /^(return|co_return|co_await|co_yield)$/) return 0
  if (substr(code, before - 19 > 0 ? before - 19 : 1, 20) ~ /auto( const)?[ \n]*&+$/) return 0
  for (j = closing(i) + 1; j <= size; ++j) {
    c = at(j)
    if (c == "{") return closing(j)
    if (c == "(" || c == "[") j = closing(j)
    else if (c ~ /[;)}\]]/) return 0
  }
  return 0
}

# Where the full expression around the co_await at p begins.
function expression_begin(p,   i, c, after) {
  for (i = p - 1; i > 0; --i) {
    c = at(i)
    if (c ~ /[;{]/) return i + 1
    if (c == "}") {
      after = skip_blank(i + 1)
      if (at(after) !~ /[,.)?:|=]/ && substr(code, after, 2) != "&&") return i + 1
    }
    if (c ~ /[])}]/) i = opening(i)
    else if (c == "(" && word_before(back_blank(i - 1)) ~ /^(if|while|for|switch|constexpr)$/) return i + 1
  }
  return 1
}

# Skips `if (...)`, `for (...)`, `else` in front of a statement that ends after p.
function skip_heads(i, p,   j, word) {
  for (;;) {
    i = skip_blank(i)
    for (j = i; is_word(at(j)); ++j);
    word = substr(code, i, j - i)
    if (word ~ /^(else|do|constexpr)$/) { i = j; continue }
    j = skip_blank(j)
    if (word !~ /^(if|while|for|switch)$/) return i
    if (at(j) != "(") { i = j; continue }
    if (closing(j) >= p) return i
    i = closing(j) + 1
  }
}

function check_binding(begin, p,   text, i, c, depth) {
  text = substr(code, begin, p - begin)
  if (!match(text, /auto( const)?[ \n]*&?&?[ \n]*\[[^]]*\][ \n]*[=:({]/)) return
  depth = 0
  for (i = RSTART + RLENGTH; i <= length(text); ++i) {
    c = substr(text, i, 1)
    if (c == "(") ++depth
    else if (c == ")" && --depth < 0) return
  }
  found(begin + RSTART - 1, "structured_binding", "bind auto r = co_await ... first, then auto& [a, b] = r")
}

function check_expression(p,   begin, i, c, end, depth) {
  begin = skip_heads(expression_begin(p), p)
  check_binding(begin, p)
  depth = 0
  for (i = begin; i <= size; ++i) {
    c = at(i)
    if (c == ";" || c == "}") return
    if (c == "(") ++depth
    else if (c == ")") {
      if (i > p && depth == 0) return
      --depth
    } else if (c == "[") {
      if (!(end = lambda_end(i))) continue
      if (substr(code, i + 1, closing(i) - i - 1) ~ /[^ \n]/)
        found(i, "capturing_lambda", "name the lambda before the co_await")
      i = end
    } else if (c == "{") {
      if (depth == 0) { if (i > p && at(back_blank(i - 1)) == ")") return }
      else found(i, "braced_argument", "name the value before the co_await, or use T(...)")
      i = closing(i)
    }
  }
}

# p is behind the name of an awaitable type: looks for a function that returns one.
function check_defaults(p,   i, depth, c, end) {
  if (at(i = skip_blank(p)) != "<") return
  for (depth = 0; i <= size; ++i) {
    c = at(i)
    if (c == "<") ++depth
    else if (c == ">" && --depth == 0) break
    else if (c ~ /[;{]/) return
  }
  i = skip_blank(i + 1)
  if (!is_word(at(i))) return
  while (at(i) ~ /[A-Za-z0-9_:~]/) ++i
  if (at(i = skip_blank(i)) != "(") return
  for (end = closing(i); i < end; ++i)
    if (at(i) == "=" && match(substr(code, i, end - i), /^=[ \n]*[A-Za-z0-9_:<>]*[ \n]*\{/))
      found(i, "default_argument", "overload, or use T()")
}

# Calls the check named `what` for each place where `word` stands as a whole word.
function each(word, what,   i, p) {
  for (i = 1; (p = index(substr(code, i), word)) > 0; i = p + length(word)) {
    p += i - 1
    if (is_word(at(p - 1)) || is_word(at(p + length(word)))) continue
    if (what == "expression") check_expression(p)
    else if (what == "defaults") check_defaults(p + length(word))
    else found(p, "cancellation_state", word " takes the caller's cancellation away")
  }
}

function check_file() {
  size = length(code)
  each("co_await", "expression")
  each("awaitable", "defaults")
  each("reply", "defaults")
  if (file !~ /^include\/heddle\/server\/runner[^\/]*$/) {
    each("reset_cancellation_state", "state")
    each("throw_if_cancelled", "state")
  }
}

FNR == 1 {
  if (file != "") check_file()
  file = FILENAME
  code = state = ""
  split("", line_start)
  split("", seen)
}
{
  line_start[lines = FNR] = length(code) + 1
  code = code blank_line($0) "\n"
}
END { if (file != "") check_file() }
