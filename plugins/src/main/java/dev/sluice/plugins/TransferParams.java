package dev.sluice.plugins;

import dev.sluice.spi.Answer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * NIXL's {@code kv_transfer_params} as a prefill engine returns them. They are forwarded as they came, byte for byte; all that
 * is looked at is whether they are whole. A real vLLM 0.32 dies of params that are not: without {@code remote_request_id} it
 * hangs and then falls, with null block ids it falls at once.
 */
final class TransferParams {
    static final String FIELD = "kv_transfer_params";

    private TransferParams() {}

    /** The params, when a decode engine can use them: some blocks, and all of where they are. */
    static Optional<String> whole(Answer prefill, boolean requestIdOptional) {
        boolean whole = prefill.json(FIELD, "do_remote_prefill")
                        .filter("true"::equals)
                        .isPresent()
                && blocks(prefill)
                && prefill.text(FIELD, "remote_engine_id")
                        .filter(s -> !s.isEmpty())
                        .isPresent()
                && prefill.text(FIELD, "remote_host").filter(s -> !s.isEmpty()).isPresent()
                && prefill.json(FIELD, "remote_port").isPresent()
                && (requestIdOptional
                        || prefill.text(FIELD, "remote_request_id")
                                .filter(s -> !s.isEmpty())
                                .isPresent());
        return whole ? prefill.json(FIELD) : Optional.empty();
    }

    /** A list of ids (old), or one list per group of the KV cache (new); with at least one id in either form, and no null. */
    private static boolean blocks(Answer prefill) {
        return prefill.json(FIELD, "remote_block_ids")
                .filter(ids -> ids.startsWith("[")
                        && !ids.contains("null")
                        && ids.chars().anyMatch(c -> c != '[' && c != ']' && c > ' '))
                .isPresent();
    }

    /** A JSON object with members of another put behind its own. */
    static String with(String object, List<String> members) {
        if (members.isEmpty()) {
            return object;
        }
        String open = object.substring(0, object.lastIndexOf('}')).stripTrailing();
        boolean empty = open.endsWith("{");
        return open + (empty ? "" : ",") + String.join(",", members) + "}";
    }

    /** A JSON object out of some members of another, as they stand there; empty when one that is needed is missing. */
    static Optional<String> some(Answer answer, List<String> needed, List<String> optional) {
        List<String> members = new ArrayList<>();
        for (String name : needed) {
            Optional<String> value = answer.json(FIELD, name);
            if (value.isEmpty()) {
                return Optional.empty();
            }
            members.add("\"" + name + "\":" + value.get());
        }
        for (String name : optional) {
            answer.json(FIELD, name).ifPresent(value -> members.add("\"" + name + "\":" + value));
        }
        return Optional.of("{" + String.join(",", members) + "}");
    }
}
