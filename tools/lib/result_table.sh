# Rows of results: gathered, printed as one table, written as JSON. Source it; it runs nothing by itself.
# shellcheck shell=bash

result_file=   # written anew after each row, where it is set: whoever ends the script early has the rows until then
result_device= # of whom they are
result_rows=() # group, name, verdict, note, with tabs between them

# add_row GROUP NAME VERDICT NOTE: verdict is passed, failed, "not run", met, missed or measured.
add_row() {
  local row
  row=$(printf '%s\t%s\t%s\t%s' "$1" "$2" "$3" "${4//[$'\t\n\r']/ }")
  result_rows+=("$row")
  printf '    %-9s %s%s\n' "$3" "$2" "${4:+ ($4)}"
  [ -z "$result_file" ] || write_rows "$result_file" "$result_device"
}

rows_with() {
  printf '%s\n' "${result_rows[@]}" | cut -f 3 | grep -cxF "$1" || true
}

print_rows() {
  local group name verdict note
  printf '\n%-9s %-44s %-9s %s\n' "" what result note
  while IFS=$'\t' read -r group name verdict note; do
    printf '%-9s %-44s %-9s %s\n' "$group" "$name" "$verdict" "$note"
  done < <(printf '%s\n' "${result_rows[@]}")
  printf '\n%s failed, %s not run, %s missed their target\n' "$(rows_with failed)" "$(rows_with 'not run')" "$(rows_with missed)"
}

json_text() {
  local text=${1//\\/\\\\}
  printf '"%s"' "${text//\"/\\\"}"
}

# write_rows FILE DEVICE
write_rows() {
  local group name verdict note comma=
  {
    printf '{"date": "%s", "device": %s, "rows": [' "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$(json_text "$2")"
    while IFS=$'\t' read -r group name verdict note; do
      printf '%s\n  {"group": %s, "name": %s, "result": %s, "note": %s}' "$comma" "$(json_text "$group")" \
        "$(json_text "$name")" "$(json_text "$verdict")" "$(json_text "$note")"
      comma=,
    done < <(printf '%s\n' "${result_rows[@]}")
    printf '\n]}\n'
  } >"$1.new" && mv -f "$1.new" "$1"
}

# add_figures FILE: the figures that gpu_bench wrote, one a line.
add_figures() {
  local line name value unit target verdict note
  [ -f "$1" ] || return 0
  field() { sed -nE "s/.*\"$1\": (\"(([^\"\\\\]|\\\\.)*)\"|([^,}]*)).*/\2\4/p" <<<"$line"; }
  while IFS= read -r line; do
    name=$(field name)
    [ -n "$name" ] || continue
    value=$(field value)
    unit=$(field unit)
    target=$(field target)
    verdict=$(field verdict)
    note=$(field note)
    [ "$value" = null ] || note="$value $unit${target:+ (target $target)}${note:+: $note}"
    add_row figures "$name" "$verdict" "$note"
  done <"$1"
}
