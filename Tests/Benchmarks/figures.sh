# How the benchmarks print: a line a figure, and a row for the README's table. Sourced by `run`, which sets `scratch`.

table=$scratch/table
missed=0
section=

# heading SECTION TITLE
heading() {
  section=$1
  printf '\n%s: %s\n' "$1" "$2"
}

# figure NAME VALUE UNIT [OPERATOR LIMIT]: the line, with the target and whether it was met. What has a target stands in
# the table as well, and so does what has "-" for one.
figure() {
  local name=$1 value=$2 unit=$3 operator=${4:-} limit=${5:-} verdict=
  if [ -n "$limit" ]; then
    verdict=met
    meets "$value" "$operator" "$limit" || { verdict='NOT MET' && missed=$((missed + 1)); }
  fi
  printf '  %-52s %19s %-11s %-8s %s\n' "$name" "$value" "$unit" "${limit:+$operator $limit}" "$verdict"
  [ -z "$operator" ] || printf '| %s | %s | %s | `Tests/Benchmarks/run %s` |\n' "$name" "$value${unit:+ $unit}" \
    "$(in_words "$operator" "$limit")" "$section" >>"$table"
}

# meets VALUE OPERATOR LIMIT
meets() {
  awk -v value="$1" -v operator="$2" -v limit="$3" \
    'BEGIN { exit !(operator == "<=" ? value <= limit : operator == ">=" ? value >= limit : value == limit) }'
}

in_words() {
  case $1 in
    '<=') echo "at most $2" ;;
    '>=') echo "at least $2" ;;
    *) echo "${2:-}" ;;
  esac
}

# figures PREFIX [NAME:TARGET]...: what sortie-bench prints on standard input, a figure a line, with the targets named.
figures() {
  local prefix=$1 name value unit pair target
  shift
  while IFS=$'\t' read -r name value unit; do
    target=
    for pair in "$@"; do
      [ "${pair%:*}" != "$name" ] || target=${pair##*:}
    done
    # Operator and limit are two words.
    # shellcheck disable=SC2086
    figure "$prefix$name" "$value" "$unit" $target
  done
}

# The README's table.
print_table() {
  printf '\n| figure | measured | target | command |\n|---|---:|---|---|\n'
  cat "$table"
}
