package dev.sluice.gateway.tokens;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.Optional;

/** Finds the ids in what an engine answers: {@code token_ids} of a rendered request, {@code tokens} of {@code /tokenize}. */
final class TokenReader {
    private static final JsonFactory JSON = new JsonFactory();
    /** More is no prompt; 16 MiB of ids. */
    static final int MOST = 4 << 20;

    private TokenReader() {}

    /**
     * Reads an answer with status 200 to its end.
     *
     * @return empty when it is one of several prompts
     * @throws IOException when it is none
     */
    static Optional<int[]> read(InputStream body) throws IOException {
        try (JsonParser json = JSON.createParser(body)) {
            JsonToken first = json.nextToken();
            boolean list = first == JsonToken.START_ARRAY;
            if (list) {
                first = json.nextToken();
            }
            if (first != JsonToken.START_OBJECT) {
                throw new IOException("the answer is no rendered request");
            }
            int[] ids = null;
            while (json.nextToken() == JsonToken.FIELD_NAME) {
                String name = json.currentName();
                JsonToken value = json.nextToken();
                if (value == JsonToken.START_ARRAY && (name.equals("token_ids") || name.equals("tokens"))) {
                    ids = ids(json);
                } else {
                    json.skipChildren();
                }
            }
            if (ids == null) {
                throw new IOException("the answer has no token ids");
            }
            boolean several = list && json.nextToken() != JsonToken.END_ARRAY;
            while (json.nextToken() != null) {
                json.skipChildren(); // to the end, so that the connection can be used again
            }
            return several ? Optional.empty() : Optional.of(ids);
        }
    }

    private static int[] ids(JsonParser json) throws IOException {
        int[] ids = new int[1024];
        int count = 0;
        while (json.nextToken() != JsonToken.END_ARRAY) {
            if (count == MOST) {
                throw new IOException("more than " + MOST + " tokens");
            }
            if (count == ids.length) {
                ids = Arrays.copyOf(ids, 2 * count);
            }
            ids[count++] = json.getIntValue();
        }
        return Arrays.copyOf(ids, count);
    }
}
