package dev.sluice.gateway.stream;

import dev.sluice.gateway.stream.JsonReader.Token;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the engine that computed a prompt said about it, put into the answer of the engine that generates. That one reports what
 * it fetched as cached, or as nothing; what was found in a cache is known only where the prompt was computed. Only numbers that
 * are there are replaced; where an engine says nothing about its cache, nothing is added.
 *
 * <p>OpenAI's shapes have {@code cached_tokens} as a part of the prompt's. Anthropic's {@code input_tokens} leave out what was
 * read from a cache and what was written to one, so these three belong together and are replaced where all are there.
 */
public final class PromptUsage {
    private static final byte[] USAGE = JsonReader.ascii("usage");
    private static final byte[] RESPONSE = JsonReader.ascii("response");
    private static final byte[] MESSAGE = JsonReader.ascii("message");
    private static final byte[] PROMPT_DETAILS = JsonReader.ascii("prompt_tokens_details");
    private static final byte[] INPUT_DETAILS = JsonReader.ascii("input_tokens_details");
    private static final byte[] CACHED = JsonReader.ascii("cached_tokens");
    private static final byte[] INPUT = JsonReader.ascii("input_tokens");
    private static final byte[] CREATED = JsonReader.ascii("cache_creation_input_tokens");
    private static final byte[] READ = JsonReader.ascii("cache_read_input_tokens");

    private final Dialect dialect;
    private final int cached;
    private final int input;
    private final int created;

    private record Place(int from, int to, int value) {}

    private PromptUsage(Dialect dialect, int cached, int input, int created) {
        this.dialect = dialect;
        this.cached = cached;
        this.input = input;
        this.created = created;
    }

    /** Reads the whole answer of the engine that computed the prompt. What it does not say about its cache is 0: it found nothing. */
    public static PromptUsage of(Dialect dialect, JsonValues answer) {
        if (dialect == Dialect.ANTHROPIC) {
            return new PromptUsage(
                    dialect,
                    Math.max(0, answer.count("usage", "cache_read_input_tokens")),
                    answer.count("usage", "input_tokens"),
                    Math.max(0, answer.count("usage", "cache_creation_input_tokens")));
        }
        String details = dialect == Dialect.RESPONSES ? "input_tokens_details" : "prompt_tokens_details";
        return new PromptUsage(dialect, Math.max(0, answer.count("usage", details, "cached_tokens")), -1, 0);
    }

    /** A whole answer with these numbers; the buffer itself when there is nothing to replace. */
    public ByteBuffer in(ByteBuffer answer) {
        byte[] bytes = new byte[answer.remaining()];
        answer.get(answer.position(), bytes);
        byte[] changed = in(bytes, 0, bytes.length);
        return changed == null ? answer : ByteBuffer.wrap(changed);
    }

    /** The JSON between two places with these numbers; null when there is nothing to replace. */
    byte @Nullable [] in(byte[] b, int from, int to) {
        JsonReader json = new JsonReader();
        json.reset(b, from, to);
        List<Place> places = new ArrayList<>(3);
        if (json.next() == Token.OBJECT) {
            object(json, places, true);
        }
        if (places.isEmpty() || json.token() == Token.BAD) {
            return null;
        }
        ByteArrayOutputStream out = new ByteArrayOutputStream(to - from + 16);
        int at = from;
        for (Place place : places) {
            out.write(b, at, place.from() - at);
            out.writeBytes(Integer.toString(place.value()).getBytes(StandardCharsets.US_ASCII));
            at = place.to();
        }
        out.write(b, at, to - at);
        return out.toByteArray();
    }

    private void object(JsonReader json, List<Place> places, boolean outer) {
        while (json.nextKey()) {
            boolean usage = json.is(USAGE);
            boolean inner = outer && (json.is(RESPONSE) || json.is(MESSAGE));
            if (json.next() != Token.OBJECT) {
                json.skip();
            } else if (usage) {
                usage(json, places);
            } else if (inner) {
                object(json, places, false);
            } else {
                json.skip();
            }
        }
    }

    private void usage(JsonReader json, List<Place> places) {
        List<Place> found = new ArrayList<>(3);
        while (json.nextKey()) {
            boolean details = json.is(PROMPT_DETAILS) || json.is(INPUT_DETAILS);
            int value = json.is(INPUT) ? input : json.is(CREATED) ? created : json.is(READ) ? cached : -1;
            Token first = json.next();
            if (dialect == Dialect.ANTHROPIC && value >= 0 && first == Token.NUMBER) {
                found.add(new Place(json.from(), json.to(), value));
            } else if (dialect != Dialect.ANTHROPIC && details && first == Token.OBJECT) {
                details(json, places);
                continue;
            }
            json.skip();
        }
        if (found.size() == 3) {
            places.addAll(found);
        }
    }

    private void details(JsonReader json, List<Place> places) {
        while (json.nextKey()) {
            boolean here = json.is(CACHED);
            if (json.next() == Token.NUMBER && here) {
                places.add(new Place(json.from(), json.to(), cached));
            }
            json.skip();
        }
    }
}
