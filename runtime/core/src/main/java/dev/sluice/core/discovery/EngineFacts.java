package dev.sluice.core.discovery;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * What the command line of a vLLM server says of it. Nothing that is left out is guessed: the engine is asked as well, and what
 * it says wins.
 *
 * @param blockSize tokens of a KV block
 * @param names that it serves its model by
 * @param connector class that moves KV, such as {@code NixlConnector}
 * @param kvEvents port at which it publishes KV events
 * @param kvReplay port at which it repeats them
 */
public record EngineFacts(
        OptionalInt blockSize,
        List<String> names,
        Optional<String> connector,
        OptionalInt kvEvents,
        OptionalInt kvReplay) {
    /** Nothing is known. */
    public static final EngineFacts NONE =
            new EngineFacts(OptionalInt.empty(), List.of(), Optional.empty(), OptionalInt.empty(), OptionalInt.empty());

    /** Copies the names. */
    public EngineFacts {
        names = List.copyOf(names);
    }

    /** Reads a container's command and arguments; a shell's {@code -c} text is read word by word. */
    public static EngineFacts of(List<String> command) {
        List<String> words = new ArrayList<>();
        for (String argument : command) {
            if (argument.contains(" ") && !argument.strip().startsWith("{")) {
                words.addAll(ShellWords.of(argument));
            } else {
                words.add(argument);
            }
        }
        List<String> names = new ArrayList<>();
        OptionalInt block = OptionalInt.empty();
        Optional<String> connector = Optional.empty();
        OptionalInt events = OptionalInt.empty();
        OptionalInt replay = OptionalInt.empty();
        for (int i = 0; i < words.size(); i++) {
            String word = words.get(i);
            int equals = word.indexOf('=');
            String flag = (equals < 0 ? word : word.substring(0, equals)).replace('_', '-');
            String value = equals >= 0 ? word.substring(equals + 1) : i + 1 < words.size() ? words.get(i + 1) : "";
            switch (flag) {
                case "--block-size" -> block = number(value);
                case "--served-model-name" -> {
                    if (equals >= 0) {
                        names.add(value);
                    }
                    for (int j = i + 1;
                            equals < 0 && j < words.size() && !words.get(j).startsWith("-");
                            j++) {
                        names.add(words.get(j));
                    }
                }
                case "--kv-transfer-config" -> connector = text(value, "kv_connector");
                case "--kv-events-config" -> {
                    boolean on = !value.replace(" ", "").contains("\"enable_kv_cache_events\":false");
                    events = on ? port(text(value, "endpoint")) : OptionalInt.empty();
                    replay = on ? port(text(value, "replay_endpoint")) : OptionalInt.empty();
                }
                default -> {}
            }
        }
        return new EngineFacts(block, names, connector, events, replay);
    }

    private static OptionalInt number(String text) {
        return text.matches("[0-9]{1,5}") ? OptionalInt.of(Integer.parseInt(text)) : OptionalInt.empty();
    }

    /** The port of {@code tcp://*:5557}. */
    private static OptionalInt port(Optional<String> address) {
        return address.map(a -> number(a.substring(a.lastIndexOf(':') + 1))).orElse(OptionalInt.empty());
    }

    /** A key's text in a flat JSON object. The objects of vLLM's flags hold no text in which such a key could stand by accident. */
    private static Optional<String> text(String json, String key) {
        int at = json.indexOf('"' + key + '"');
        int colon = at < 0 ? -1 : json.indexOf(':', at + key.length() + 2);
        int open = colon < 0 ? -1 : json.indexOf('"', colon);
        int close = open < 0 ? -1 : json.indexOf('"', open + 1);
        boolean near = close > 0 && json.substring(colon + 1, open).isBlank();
        return near ? Optional.of(json.substring(open + 1, close)) : Optional.empty();
    }
}
