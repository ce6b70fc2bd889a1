package dev.sluice.gateway.engine;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/**
 * Asks one engine whether it is well and what it serves. The second question matters as much as the first: addresses of
 * pods are used again, and the one that answers need not be the one that was meant.
 */
final class Probe {
    private static final ObjectMapper JSON = new ObjectMapper();

    /** What came of it. */
    sealed interface Result {
        /** Well, and serves what is expected. */
        record Fine(Served served) implements Result {}

        /** No answer, or a bad one. */
        record Failed(String reason) implements Result {}

        /** Well, but another's. */
        record Wrong(String reason) implements Result {}
    }

    private record Answer(int status, Optional<Served> served) {}

    private Probe() {}

    static Result run(EngineConnection connection, Set<String> expected, int maxBytes) {
        try {
            int health = connection.get("/health", (status, body) -> {
                body.readNBytes(maxBytes);
                return status;
            });
            if (health != 200 && health != 404) { // 404: an engine without that route
                return new Result.Failed("GET /health answered " + health);
            }
            Answer answer = connection.get(
                    "/v1/models",
                    (status, body) ->
                            new Answer(status, status == 200 ? served(body, maxBytes) : drop(body, maxBytes)));
            if (answer.served().isEmpty()) {
                boolean unknowable = answer.status() == 404 && health == 200 && expected.isEmpty();
                return unknowable
                        ? new Result.Fine(new Served(List.of(), List.of(), Optional.empty(), OptionalInt.empty()))
                        : new Result.Failed(reason(answer.status()));
            }
            Served served = answer.served().get();
            if (expected.isEmpty() || served.models().stream().anyMatch(expected::contains)) {
                return new Result.Fine(served);
            }
            return new Result.Wrong("serves " + names(served.models()) + ", not "
                    + names(expected.stream().sorted().toList()));
        } catch (EngineCallException e) {
            return new Result.Failed(String.valueOf(e.getMessage()));
        }
    }

    private static String reason(int status) {
        return switch (status) {
            case 200 -> "GET /v1/models answered something that is no list of models";
            case 401, 403 -> "GET /v1/models answered " + status + ": the engine wants another key (credential)";
            default -> "GET /v1/models answered " + status;
        };
    }

    private static Optional<Served> drop(InputStream body, int maxBytes) throws IOException {
        body.readNBytes(maxBytes);
        return Optional.empty();
    }

    private static Optional<Served> served(InputStream body, int maxBytes) throws IOException {
        byte[] bytes = body.readNBytes(maxBytes);
        if (bytes.length == maxBytes) {
            return Optional.empty();
        }
        try {
            JsonNode data = JSON.readTree(bytes).path("data");
            return data.isArray() ? Optional.of(served(data)) : Optional.empty();
        } catch (com.fasterxml.jackson.core.JacksonException e) {
            return Optional.empty();
        }
    }

    private static Served served(JsonNode data) {
        List<String> models = new ArrayList<>();
        List<String> adapters = new ArrayList<>();
        Optional<String> root = Optional.empty();
        OptionalInt length = OptionalInt.empty();
        for (JsonNode model : data) {
            String id = model.path("id").asText("");
            if (id.isEmpty()) {
                continue;
            }
            models.add(id);
            if (model.path("parent").isTextual()) {
                adapters.add(id);
            } else if (root.isEmpty()) {
                root = Optional.ofNullable(model.path("root").textValue());
                JsonNode max = model.path("max_model_len");
                length = max.isInt() ? OptionalInt.of(max.intValue()) : length;
            }
        }
        return new Served(models, adapters, root, length);
    }

    private static String names(List<String> names) {
        int shown = Math.min(names.size(), 3);
        String text = shown == 0 ? "nothing" : String.join(", ", names.subList(0, shown));
        return names.size() > shown ? text + " and " + (names.size() - shown) + " more" : text;
    }
}
