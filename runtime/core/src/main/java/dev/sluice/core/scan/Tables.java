package dev.sluice.core.scan;

import dev.sluice.core.scan.Key.Use;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Which keys are understood in the bodies of each API. */
final class Tables {
    private static final List<Key> TAKEN = List.of(
            key("kv_transfer_params", Field.KV_TRANSFER_PARAMS, Use.TAKEN),
            key("ec_transfer_params", Field.EC_TRANSFER_PARAMS, Use.TAKEN),
            key("cache_salt", Field.CACHE_SALT, Use.TAKEN),
            key("request_id", Field.REQUEST_ID, Use.TAKEN),
            key("priority", Field.PRIORITY, Use.TAKEN),
            key("bootstrap_host", null, Use.TAKEN),
            key("bootstrap_port", null, Use.TAKEN),
            key("bootstrap_room", null, Use.TAKEN));

    /** The same keys deeper in a body: taken, but their places are not kept. */
    private static final List<Key> TAKEN_INSIDE = TAKEN.stream()
            .map(key -> new Key(key.name, key.priority() ? Field.PRIORITY : null, Use.TAKEN, List.of()))
            .toList();

    private Tables() {}

    static Keys of(Api api, List<List<String>> sessions) {
        List<Key> keys = new ArrayList<>(TAKEN);
        keys.add(key("model", Field.MODEL, Use.STRING));
        keys.add(key("stream", Field.STREAM, Use.FLAG));
        keys.add(new Key(
                "stream_options",
                Field.STREAM_OPTIONS,
                Use.STRICT_OBJECT,
                List.of(
                        key("include_usage", Field.INCLUDE_USAGE, Use.FLAG),
                        key("continuous_usage_stats", Field.CONTINUOUS_USAGE, Use.FLAG))));
        keys.add(key("max_tokens", Field.MAX_TOKENS, Use.INTEGER));
        keys.add(key("max_completion_tokens", Field.MAX_COMPLETION_TOKENS, Use.INTEGER));
        keys.add(key("max_output_tokens", Field.MAX_OUTPUT_TOKENS, Use.INTEGER));
        keys.add(key("n", Field.N, Use.INTEGER));
        keys.add(key("previous_response_id", Field.PREVIOUS_RESPONSE_ID, Use.STRING));
        keys.add(new Key("vllm_xargs", Field.VLLM_XARGS, Use.OBJECT, TAKEN_INSIDE));
        keys.add(sampling(api == Api.GENERATE ? Use.STRICT_OBJECT : Use.OBJECT));
        for (String name : List.of(
                "chat_template",
                "chat_template_kwargs",
                "mm_processor_kwargs",
                "add_special_tokens",
                "truncate_prompt_tokens",
                "reasoning_effort",
                "reasoning")) {
            keys.add(key(name, null, Use.SHAPE));
        }
        prompt(api, keys);
        for (int i = 0; i < sessions.size(); i++) {
            graft(keys, sessions.get(i), i);
        }
        return new Keys(keys);
    }

    private static Key sampling(Use use) {
        return new Key(
                "sampling_params",
                Field.SAMPLING_PARAMS,
                use,
                List.of(
                        key("max_tokens", Field.SAMPLING_MAX_TOKENS, Use.INTEGER),
                        key("n", Field.SAMPLING_N, Use.INTEGER),
                        new Key("extra_args", Field.EXTRA_ARGS, Use.OBJECT, TAKEN_INSIDE)));
    }

    private static void prompt(Api api, List<Key> keys) {
        switch (api) {
            case CHAT -> add(keys, "tools functions", "", "messages", "documents");
            case COMPLETIONS -> {
                add(keys, "", "", "prompt", "");
                keys.add(key("prompt_embeds", null, Use.MEDIA));
            }
            case RESPONSES -> add(keys, "tools", "instructions", "input", "");
            case MESSAGES, COUNT_TOKENS -> add(keys, "tools", "system", "messages", "");
            case EMBEDDINGS, POOLING -> add(keys, "", "", "input messages", "");
            case RERANK -> add(keys, "", "query", "documents", "");
            case SCORE -> add(keys, "", "query queries text_1 data_1", "documents items text_2 data_2", "");
            case TOKENIZE -> add(keys, "tools", "", "prompt messages", "");
            case DETOKENIZE -> add(keys, "", "", "tokens", "");
            case GENERATE -> {
                add(keys, "", "", "token_ids", "");
                keys.add(key("features", null, Use.MEDIA));
            }
        }
    }

    private static void add(List<Key> keys, String tools, String system, String prompt, String shape) {
        add(keys, tools, Use.TOOLS);
        add(keys, system, Use.SYSTEM);
        add(keys, prompt, Use.PROMPT);
        add(keys, shape, Use.SHAPE);
    }

    private static void add(List<Key> keys, String names, Use use) {
        for (String name : names.split(" ", 0)) {
            if (!name.isEmpty()) {
                keys.add(key(name, null, use));
            }
        }
    }

    /** Adds a session path to a tree of keys, or marks the key where it ends. */
    private static void graft(List<Key> keys, List<String> path, int session) {
        String name = path.getFirst();
        boolean last = path.size() == 1;
        int at = 0;
        while (at < keys.size() && !keys.get(at).name.equals(name)) {
            at++;
        }
        Key old = at < keys.size() ? keys.get(at) : new Key(name, null, last ? Use.PLACE : Use.OBJECT, List.of());
        List<Key> inside = new ArrayList<>(old.inside.all());
        if (!last) {
            graft(inside, path.subList(1, path.size()), session);
        }
        Use use = !last && old.use == Use.PLACE ? Use.OBJECT : old.use;
        Key grafted = new Key(name, old.field, use, inside, last ? session : old.session);
        if (at < keys.size()) {
            keys.set(at, grafted);
        } else {
            keys.add(grafted);
        }
    }

    private static Key key(String name, @Nullable Field field, Use use) {
        return new Key(name, field, use, List.of());
    }
}
