package dev.sluice.app.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;

/** Request bodies with a fixed seed: chats whose first 85 % repeat, and a place for a number that differs by request. */
enum Bodies {
    /** About 2,000 tokens. */
    KB_8(64, 8192, false),
    /** The same, as a stream with usage. */
    KB_8_STREAMS(64, 8192, true),
    /** About 100,000 tokens. */
    KB_400(8, 400_000, false);

    /** Where the load generator writes the number of a request. */
    static final String MARK = "@".repeat(16);

    private static final double SHARED = 0.85;
    private static final String[] WORDS =
            ("the of and to in a is that for it as was with be by on not he his but at are this have from"
                            + " or had an they which one you were all her she there would their we him been has when who will no more"
                            + " if out so up said what its about than into them can only other time new some could these two may first"
                            + " then do any like my now over such our man even most made after also did many off before must well back"
                            + " through years much where your way down should because long each just state those people too good world"
                            + " make very year still see own work men day get here old life both between being under three never know"
                            + " same last another while us might great go come since against right came take used himself few house"
                            + " during without again place around small however found part school thought went say general once upon"
                            + " every left war does got united number hand course water until always away public something fact less"
                            + " though far put head think called set almost enough end took government night system better four nothing"
                            + " told eyes city going president why days present point didn't look find asked second group later next"
                            + " room social business knew program give half side face toward ten\nwould yet \"quoted\" case")
                    .split(" ", -1);

    private final int count;
    private final int length;
    private final boolean stream;

    Bodies(int count, int length, boolean stream) {
        this.count = count;
        this.length = length;
        this.stream = stream;
    }

    /** Writes all of them as files into a new directory below this one. */
    Path write(Path parent) throws IOException {
        Path directory = parent.resolve(name());
        if (!Files.isDirectory(directory)) {
            Files.createDirectory(directory);
            for (int i = 0; i < count; i++) {
                Files.writeString(directory.resolve("body%03d.json".formatted(i)), body(i));
            }
        }
        return directory;
    }

    /** The body with this index; the same on every call. */
    String body(int index) throws IOException {
        Random random = new Random(index);
        int system = (int) (length * SHARED);
        ObjectMapper json = new ObjectMapper();
        ObjectNode body = json.createObjectNode().put("model", Configs.MODEL);
        if (stream) {
            body.put("stream", true).putObject("stream_options").put("include_usage", true);
        }
        body.put("max_tokens", 200).put("temperature", 0.7);
        body.putArray("messages")
                .add(message(json, "system", text(random, system)))
                .add(message(json, "user", "request " + MARK + " " + text(random, length - system - 25)));
        return json.writeValueAsString(body);
    }

    private static ObjectNode message(ObjectMapper json, String role, String content) {
        return json.createObjectNode().put("role", role).put("content", content);
    }

    private static String text(Random random, int length) {
        StringBuilder text = new StringBuilder(length + 16);
        while (text.length() < length) {
            text.append(WORDS[random.nextInt(WORDS.length)]).append(' ');
        }
        return text.substring(0, length);
    }
}
