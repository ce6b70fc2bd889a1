package dev.sluice.gateway.http;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A raw message, from a resource file that explains itself.
 *
 * @param verdict what the RFC says: accept, refuse, may (either) or strict (accept, but not here)
 * @param answers statuses of all answers until the connection ends, {@code -} for none; empty for responses
 * @param rfc which RFC and section says so
 */
public record Corpus(String verdict, String answers, String rfc, String what, byte[] bytes) {
    /** Path of a hot route. */
    public static final String CHAT = "/v1/chat/completions";

    /** A body for it. */
    public static final String JSON = "{\"model\":\"base\",\"messages\":[]}";

    /** Body of a second request that is meant. */
    public static final String ALSO = "{\"model\":\"base\",\"messages\":[],\"user\":\"also\"}";

    private static final String EVIL = request("{\"model\":\"base\",\"messages\":[],\"user\":\"evil\"}");
    private static final String LAST_CHUNK = "0\\r\\n\\r\\n";
    private static final Pattern REPEAT = Pattern.compile("\\{([^{}]+)\\*(\\d+)}");

    /** Reads a file. */
    public static List<Corpus> read(String resource) throws IOException {
        try (InputStream in = Corpus.class.getResourceAsStream("/http/" + resource)) {
            String all = new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8);
            return all.lines()
                    .filter(l -> l.contains(" | ") && !l.startsWith("#"))
                    .map(Corpus::row)
                    .toList();
        }
    }

    private static Corpus row(String line) {
        String[] parts = line.split(" \\| ", 4);
        String[] verdict = parts[0].split(" ", 2);
        return new Corpus(
                verdict[0],
                verdict.length == 1 ? "" : verdict[1],
                parts[1],
                parts[2],
                unescape(repeat(expand(parts.length == 4 ? parts[3] : ""))));
    }

    /** A whole request, escaped as the file is. */
    private static String request(String body) {
        return "POST " + CHAT + " HTTP/1.1\\r\\nHost: a\\r\\nContent-Length: " + body.length() + "\\r\\n\\r\\n" + body;
    }

    private static String expand(String text) {
        int length = unescape(EVIL).length;
        return text.replace("${chat}", CHAT)
                .replace("${json}", JSON)
                .replace("${also}", request(ALSO))
                .replace("${evil}", EVIL)
                .replace("${evil:length}", Integer.toString(length))
                .replace("${evil:hex}", Integer.toHexString(length))
                .replace("${0evil:length}", Integer.toString(length + unescape(LAST_CHUNK).length));
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
        return verdict + " " + answers + ": " + what;
    }
}
