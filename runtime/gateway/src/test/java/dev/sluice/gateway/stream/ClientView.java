package dev.sluice.gateway.stream;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.util.ArrayList;
import java.util.List;

/** What a client makes of what it got, with a reader of its own: strings and Jackson. */
final class ClientView {
    private static final JsonMapper JACKSON = JsonMapper.builder()
            .enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
            .build();

    private ClientView() {}

    enum End {
        NONE,
        COMPLETE,
        ABORT,
        ERROR
    }

    /** What each event of a client's stream would mean to the client. */
    static List<End> ends(Dialect dialect, String out) {
        String text = out.replace("\r\n", "\n").replace('\r', '\n');
        List<End> ends = new ArrayList<>();
        StringBuilder data = new StringBuilder();
        String name = "";
        for (String line : text.split("\n", -1)) {
            if (line.isEmpty()) {
                if (!data.isEmpty()) {
                    ends.add(end(dialect, name, data.substring(0, data.length() - 1)));
                }
                data.setLength(0);
                name = "";
            }
            int colon = line.indexOf(':');
            String value = colon < 0 ? "" : line.substring(colon + 1);
            value = value.startsWith(" ") ? value.substring(1) : value;
            switch (colon < 0 ? line : line.substring(0, colon)) {
                case "data" -> data.append(value).append('\n');
                case "event" -> name = value;
                default -> {}
            }
        }
        return ends;
    }

    private static End end(Dialect dialect, String name, String data) {
        if (dialect.choices() && data.equals("[DONE]")) {
            return End.COMPLETE;
        }
        JsonNode json;
        try {
            json = JACKSON.readTree(data);
        } catch (JsonProcessingException e) {
            throw new AssertionError("passed on: " + data, e);
        }
        String type = json.path("type").asText("");
        boolean failed = dialect == Dialect.RESPONSES && List.of(name, type).contains("response.failed");
        boolean old = json.path("object").asText("").equals("error");
        if (json.hasNonNull("error") || name.equals("error") || type.equals("error") || failed || old) {
            return End.ERROR;
        }
        for (JsonNode choice : json.path("choices")) {
            if (choice.path("finish_reason").asText("").equals("abort")) {
                return End.ABORT;
            }
        }
        List<String> terminal = switch (dialect) {
            case ANTHROPIC -> List.of("message_stop");
            case RESPONSES -> List.of("response.completed", "response.incomplete");
            default -> List.of();
        };
        return terminal.contains(type) || terminal.contains(name) ? End.COMPLETE : End.NONE;
    }

    /** No stream looks to a client as if it had ended otherwise than the watcher says. */
    static void agrees(Dialect dialect, Watched watched, String what) {
        List<End> ends = ends(dialect, watched.out());
        int last = ends.size() - 1;
        assertThat(watched.verdict()).as(what).isNotEqualTo(Verdict.OPEN);
        for (int i = 0; i < ends.size(); i++) {
            End expected = i < last
                    ? End.NONE
                    : switch (watched.verdict()) {
                        case COMPLETE -> End.COMPLETE;
                        case ENGINE_ERROR -> End.ERROR;
                        default -> End.NONE;
                    };
            assertThat(ends.get(i)).as("%s, event %d of %s", what, i, watched).isEqualTo(expected);
        }
        if (watched.verdict() == Verdict.COMPLETE || watched.verdict() == Verdict.ENGINE_ERROR) {
            assertThat(ends).as(what).isNotEmpty();
        }
    }
}
