package dev.sluice.gateway.http;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Raw messages with verdicts, from a resource file. */
record Corpus(String verdict, String what, byte[] bytes) {
    private static final Pattern REPEAT = Pattern.compile("\\{(.+?)\\*(\\d+)}");

    static List<Corpus> read(String resource) throws IOException {
        try (InputStream in = Corpus.class.getResourceAsStream("/http/" + resource)) {
            String all = new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8);
            return all.lines()
                    .filter(l -> l.contains(" | ") && !l.startsWith("#"))
                    .map(Corpus::row)
                    .toList();
        }
    }

    private static Corpus row(String line) {
        String[] parts = line.split(" \\| ", 3);
        return new Corpus(parts[0], parts[1], unescape(repeat(parts[2])));
    }

    private static String repeat(String text) {
        Matcher m = REPEAT.matcher(text);
        return m.replaceAll(r -> Matcher.quoteReplacement(r.group(1).repeat(Integer.parseInt(r.group(2)))));
    }

    private static byte[] unescape(String text) {
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c != '\\') {
                out.append(c);
                continue;
            }
            char e = text.charAt(++i);
            switch (e) {
                case 'r' -> out.append('\r');
                case 'n' -> out.append('\n');
                case 't' -> out.append('\t');
                case '0' -> out.append('\0');
                case 'x' -> {
                    out.append((char) Integer.parseInt(text.substring(i + 1, i + 3), 16));
                    i += 2;
                }
                default -> out.append(e);
            }
        }
        return out.toString().getBytes(StandardCharsets.ISO_8859_1);
    }

    @Override
    public String toString() {
        return verdict + ": " + what;
    }
}
