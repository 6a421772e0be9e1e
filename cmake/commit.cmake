# Writes the header OUTPUT with the commit of SOURCE and its day. Run as a script at build time.
execute_process(COMMAND git -C ${SOURCE} show -s --format=%h^%cs --abbrev=12 HEAD
  OUTPUT_VARIABLE shown OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE failed)
if(failed)
  # A source archive: no commit to name, and the day of the build unless SOURCE_DATE_EPOCH is set.
  string(TIMESTAMP today "%Y-%m-%d" UTC)
  set(shown "unknown^${today}")
endif()
string(REPLACE "^" ";" shown "${shown}")
list(GET shown 0 commit)
list(GET shown 1 date)
file(WRITE ${OUTPUT} "#pragma once\n\n#define MESHDRILL_COMMIT \"${commit}\"\n#define MESHDRILL_COMMIT_DATE \"${date}\"\n")
