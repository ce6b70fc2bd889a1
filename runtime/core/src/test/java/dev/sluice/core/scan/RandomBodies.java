package dev.sluice.core.scan;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;

/** Bodies that are mostly right, written with all freedom that JSON gives, and sometimes broken afterwards. */
final class RandomBodies {
    private static final String[] NAMES = {
        "temperature",
        "seed",
        "stop",
        "logit_bias",
        "x",
        "",
        "bootstrap_host",
        "bootstrap_addr",
        "bootstrap",
        "request_id",
        "priority",
        "cache_salt",
        "kv_transfer_params",
        "ec_transfer_params",
        "messagess",
        "Model",
        "tool_choice"
    };
    private static final String[] TEXTS = {
        "plain words that go on for a while so that the fast loop has something to do",
        "",
        "a",
        "tab\\tand\\nline",
        "\\\"quoted\\\"",
        "\\u00e9\\u4e2d",
        "\\ud83d\\ude00",
        "grüße",
        "中文字符和更多的字",
        "😀 smile",
        "\\\\",
        "12345678",
        "1234567\\\"8",
        "\u007f\u0080"
    };
    private static final String[] ODD = {
        "\\ud800", "\\ude00\\ud83d", "\\x", "\\u12g4", "\\u", "\u0001", "\n", "\\ud83dx", "\\ud83d\\n"
    };
    private static final String[] NUMBERS = {
        "0",
        "1",
        "-1",
        "17",
        "4096",
        "2147483647",
        "2147483648",
        "99999999999999999999",
        "-5",
        "1.0",
        "1e3",
        "-0",
        "0.25E-7"
    };
    private static final String[] BAD_NUMBERS = {"01", "1.", ".5", "+1", "-", "1e", "NaN", "Infinity", "0x10", "1_0"};

    private final Random random;
    private StringBuilder out = new StringBuilder();

    RandomBodies(long seed) {
        random = new Random(seed);
    }

    byte[] next(Api api) {
        out = new StringBuilder();
        space();
        root(api);
        space();
        byte[] bytes = out.toString().getBytes(StandardCharsets.UTF_8);
        return chance(45) ? mutate(bytes) : bytes;
    }

    boolean chance(int percent) {
        return random.nextInt(100) < percent;
    }

    private <T> T any(T[] choices) {
        return choices[random.nextInt(choices.length)];
    }

    private void root(Api api) {
        List<String> names = new ArrayList<>();
        for (String name : List.of(
                "model",
                "stream",
                "stream_options",
                "max_tokens",
                "max_completion_tokens",
                "max_output_tokens",
                "n",
                "previous_response_id",
                "vllm_xargs",
                "sampling_params",
                "metadata",
                "user",
                "tools",
                "system",
                "instructions",
                "query",
                "features",
                "reasoning",
                "chat_template_kwargs")) {
            if (chance(30)) {
                names.add(name);
            }
        }
        for (String name : Oracle.prompt(api)) {
            if (chance(70)) {
                names.add(name);
            }
        }
        for (int extra = random.nextInt(4); extra > 0; extra--) {
            names.add(any(NAMES));
        }
        if (chance(4) && !names.isEmpty()) {
            names.add(names.get(random.nextInt(names.size())));
        }
        java.util.Collections.shuffle(names, random);
        object(names, name -> member(api, name));
    }

    private void object(List<String> names, java.util.function.Consumer<String> value) {
        out.append('{');
        String comma = "";
        for (String name : names) {
            out.append(comma);
            space();
            key(name);
            space();
            out.append(':');
            space();
            value.accept(name);
            space();
            comma = ",";
        }
        space();
        out.append('}');
    }

    private void key(String name) {
        out.append('"');
        boolean escape = chance(4);
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            out.append(escape && chance(30) ? String.format(Locale.ROOT, "\\u%04x", (int) c) : String.valueOf(c));
        }
        out.append('"');
    }

    private void member(Api api, String name) {
        if (chance(2)) {
            value(0);
        } else if (chance(5)) {
            out.append("null");
        } else if (Oracle.prompt(api).contains(name)
                || List.of("system", "instructions", "query").contains(name)) {
            prompt();
        } else {
            switch (name) {
                case "model", "previous_response_id" -> string();
                case "user" -> scalar();
                case "stream" -> out.append(chance(50));
                case "max_tokens", "max_completion_tokens", "max_output_tokens", "n" ->
                    out.append(chance(3) ? any(NUMBERS) : String.valueOf(random.nextInt(10_000)));
                case "stream_options" ->
                    object(some("include_usage", "continuous_usage_stats", "other"), x -> out.append(chance(50)));
                case "metadata" -> object(some("session_id", "a", "b"), x -> scalar());
                case "vllm_xargs" -> object(some(NAMES), x -> value(2));
                case "sampling_params" ->
                    object(some("max_tokens", "n", "extra_args", "temperature"), x -> {
                        if (x.equals("extra_args")) {
                            object(some(NAMES), y -> value(2));
                        } else {
                            out.append(random.nextInt(1000));
                        }
                    });
                default -> value(2);
            }
        }
    }

    private List<String> some(String... names) {
        List<String> some = new ArrayList<>();
        for (String name : names) {
            if (chance(50)) {
                some.add(name);
            }
        }
        return some;
    }

    private void prompt() {
        switch (random.nextInt(6)) {
            case 0 -> string();
            case 1 -> list(this::string);
            case 2 -> list(() -> out.append(random.nextInt(200_000)));
            case 3 -> list(() -> list(() -> out.append(random.nextInt(200_000))));
            default -> list(this::message);
        }
    }

    private void message() {
        object(some("role", "content", "tool_calls", "name"), name -> {
            if (name.equals("content") && chance(60)) {
                list(this::part);
            } else if (name.equals("tool_calls")) {
                list(() -> object(some("id", "function"), x -> object(some("name", "arguments"), y -> string())));
            } else {
                string();
            }
        });
    }

    private void part() {
        object(some("type", "text", "image_url", "source", "input_audio", "input", "cont\\u0065nt", "url"), name -> {
            if (name.equals("image_url")
                    || name.equals("source")
                    || name.equals("input")
                    || name.equals("input_audio")) {
                if (chance(25)) {
                    string();
                } else {
                    object(some("type", "url", "data", "detail"), x -> string());
                }
            } else {
                string();
            }
        });
    }

    private void list(Runnable element) {
        out.append('[');
        space();
        for (int i = random.nextInt(4); i >= 0; i--) {
            element.run();
            space();
            out.append(i > 0 ? "," : "");
            space();
        }
        out.append(']');
    }

    private void value(int depth) {
        int kind = random.nextInt(depth > 3 ? 3 : 5);
        switch (kind) {
            case 3 -> list(() -> value(depth + 1));
            case 4 -> object(some("a", "model", "b\\n", "kv_transfer_params"), x -> value(depth + 1));
            default -> scalar();
        }
    }

    private void scalar() {
        switch (random.nextInt(4)) {
            case 0 -> out.append(chance(2) ? any(BAD_NUMBERS) : any(NUMBERS));
            case 1 -> out.append(any(new String[] {"true", "false", "null"}));
            default -> string();
        }
    }

    private void string() {
        out.append('"');
        for (int i = random.nextInt(4); i > 0; i--) {
            out.append(any(TEXTS));
        }
        if (chance(1)) {
            out.append(any(ODD));
        }
        out.append('"');
    }

    private void space() {
        if (chance(10)) {
            out.append(any(new String[] {" ", "\n", "\t", "\r\n", "  "}));
        }
    }

    private byte[] mutate(byte[] bytes) {
        ByteArrayOutputStream changed = new ByteArrayOutputStream();
        int at = random.nextInt(bytes.length);
        changed.write(bytes, 0, at);
        int from = Math.min(bytes.length, at + 1);
        switch (random.nextInt(7)) {
            case 0 -> changed.write(random.nextInt(256));
            case 1 -> changed.write("{}[]\",:\\0123e.-tfn \u0000".charAt(random.nextInt(20)));
            case 2 -> {
                changed.write(random.nextInt(256));
                from = at;
            }
            case 3 -> {}
            case 4 -> from = bytes.length;
            case 5 -> from = Math.min(bytes.length, at + random.nextInt(12));
            default -> {
                int again = Math.max(0, at - random.nextInt(20));
                changed.write(bytes, again, at - again);
                from = at;
            }
        }
        changed.write(bytes, from, bytes.length - from);
        return changed.toByteArray();
    }
}
