package dev.sluice.app;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/**
 * One thing that a doctor says.
 *
 * @param where pool, or pool and engine
 * @param what was seen
 * @param fix what to do about it; empty when nothing is to be done
 */
record Finding(String where, Level level, String what, String fix) {
    /** How bad it is. */
    enum Level {
        OK,
        WARN,
        FAIL
    }

    static Finding ok(String where, String what) {
        return new Finding(where, Level.OK, what, "");
    }

    static Finding warn(String where, String what, String fix) {
        return new Finding(where, Level.WARN, what, fix);
    }

    static Finding fail(String where, String what, String fix) {
        return new Finding(where, Level.FAIL, what, fix);
    }

    String text() {
        return String.format(
                Locale.ROOT,
                "%-5s%s: %s%s",
                level.name().toLowerCase(Locale.ROOT),
                where,
                what,
                fix.isEmpty() ? "" : "; " + fix);
    }

    String json() {
        Map<String, String> row = new LinkedHashMap<>();
        row.put("level", level.name().toLowerCase(Locale.ROOT));
        row.put("where", where);
        row.put("what", what);
        row.put("fix", fix);
        try {
            return new ObjectMapper().writeValueAsString(row);
        } catch (JsonProcessingException impossible) {
            throw new IllegalStateException(impossible);
        }
    }
}
