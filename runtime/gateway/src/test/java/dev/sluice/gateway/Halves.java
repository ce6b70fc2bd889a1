package dev.sluice.gateway;

import static dev.sluice.gateway.ScriptedEngine.DONE;
import static dev.sluice.gateway.ScriptedEngine.begin;
import static dev.sluice.gateway.ScriptedEngine.chunk;
import static dev.sluice.gateway.ScriptedEngine.delta;
import static dev.sluice.gateway.ScriptedEngine.end;
import static dev.sluice.gateway.ScriptedEngine.finish;
import static dev.sluice.gateway.ScriptedEngine.usage;
import static dev.sluice.gateway.ScriptedEngine.whole;

/** What scripted engines of a prefill and decode pair say, and the policy that splits whatever can be split. */
final class Halves {
    static final String NIXL = "connector: {type: nixl, parameters: {warmUp: false}}";
    static final String PARAMS =
            "{\"do_remote_prefill\":true, \"do_remote_decode\":false, \"remote_block_ids\":[[1,2]],"
                    + "\"remote_engine_id\":\"e-1\",\"remote_request_id\":\"r-1\",\"remote_host\":\"10.0.0.1\",\"remote_port\":5600}";
    /** Splits everything that can be. */
    static final String ALWAYS = """
            routing:
              always:
                plugins:
                  - {type: decode-filter}
                  - {type: prefill-filter}
                  - {type: max-score-picker}
                  - {type: always-disagg-pd-decider}
                  - {type: disagg-profile-handler, parameters: {deciders: {prefill: always-disagg-pd-decider}}}
                schedulingProfiles:
                  - {name: decode, plugins: [{pluginRef: decode-filter}, {pluginRef: max-score-picker}]}
                  - {name: prefill, plugins: [{pluginRef: prefill-filter}, {pluginRef: max-score-picker}]}
            """;

    private Halves() {}

    /** A whole chat answer of one token, with what it has to say about KV. */
    static String prefilled(String params) {
        return "{\"id\":\"c\",\"object\":\"chat.completion\",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\","
                + "\"content\":\"x\"},\"finish_reason\":\"length\"}],\"usage\":{\"prompt_tokens\":100,\"completion_tokens\":1,"
                + "\"total_tokens\":101,\"prompt_tokens_details\":{\"cached_tokens\":64}},\"kv_transfer_params\":"
                + params
                + "}";
    }

    static ScriptedEngine.Script prefills() {
        return (q, out) -> whole(out, 200, prefilled(PARAMS));
    }

    /** Answers as it was asked: a stream, or whole; usage says nothing of what was fetched. */
    static ScriptedEngine.Script decodes() {
        return (q, out) -> {
            if (!q.body().contains("\"stream\":true")) {
                return whole(
                        out,
                        200,
                        prefilled("null").replace("\"x\"", "\"hello\"").replace(":64}", ":0}"));
            }
            begin(out);
            chunk(out, delta("hel"));
            chunk(out, delta("lo") + finish("stop") + usage(100, 0, 2) + DONE);
            return end(out);
        };
    }

    static ScriptedEngine.Script says(int status) {
        return (q, out) -> whole(out, status, "{\"error\":{\"message\":\"no\",\"code\":" + status + "}}");
    }

    /** Closes without a word. */
    static ScriptedEngine.Script dies() {
        return (q, out) -> false;
    }
}
