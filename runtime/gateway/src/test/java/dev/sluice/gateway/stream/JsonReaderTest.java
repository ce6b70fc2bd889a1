package dev.sluice.gateway.stream;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import dev.sluice.gateway.stream.JsonReader.Token;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class JsonReaderTest {
    private static final JsonFactory JACKSON = JsonFactory.builder()
            .enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNestingDepth(JsonReader.MAX_DEPTH)
                    .build())
            .build();
    private static final List<String> BAD = List.of("BAD");

    /** Tokens as text, or BAD. */
    private static List<String> ours(byte[] bytes) {
        JsonReader json = new JsonReader();
        byte[] framed = new byte[bytes.length + 4];
        framed[0] = '"';
        framed[1] = '{';
        System.arraycopy(bytes, 0, framed, 2, bytes.length);
        json.reset(framed, 2, 2 + bytes.length);
        List<String> tokens = new ArrayList<>();
        while (json.next() != Token.END) {
            switch (json.token()) {
                case BAD -> {
                    assertThat(json.next()).isEqualTo(Token.BAD);
                    return BAD;
                }
                case KEY, STRING -> tokens.add(json.token() + " " + json.string());
                default -> tokens.add(json.token().toString());
            }
        }
        return tokens;
    }

    private static List<String> jacksons(String text) {
        List<String> tokens = new ArrayList<>();
        int depth = 0;
        int roots = 0;
        try (JsonParser parser = JACKSON.createParser(text)) {
            for (JsonToken token = parser.nextToken(); token != null; token = parser.nextToken()) {
                roots += depth == 0 ? 1 : 0;
                depth += token.isStructStart() ? 1 : token.isStructEnd() ? -1 : 0;
                tokens.add(
                        switch (token) {
                            case START_OBJECT -> "OBJECT";
                            case END_OBJECT -> "END_OBJECT";
                            case START_ARRAY -> "ARRAY";
                            case END_ARRAY -> "END_ARRAY";
                            case FIELD_NAME -> "KEY " + parser.currentName();
                            case VALUE_STRING -> "STRING " + parser.getText();
                            case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT ->
                                parser.getText().isEmpty() ? "" : "NUMBER";
                            case VALUE_TRUE -> "TRUE";
                            case VALUE_FALSE -> "FALSE";
                            case VALUE_NULL -> "NULL";
                            case VALUE_EMBEDDED_OBJECT, NOT_AVAILABLE -> "?";
                        });
            }
        } catch (IOException e) {
            return BAD;
        }
        return roots == 1 ? tokens : BAD;
    }

    private static void value(Random random, int depth, StringBuilder b) {
        switch (random.nextInt(depth > 6 ? 6 : 10)) {
            case 0 -> b.append(random.nextBoolean() ? "true" : "false");
            case 1 -> b.append("null");
            case 2 -> b.append(random.nextInt());
            case 3 -> b.append(random.nextBoolean() ? random.nextGaussian() + "e" + random.nextInt(20) : "NaN");
            case 4, 5 -> string(random, b);
            case 6, 7 -> {
                b.append('[');
                for (int i = random.nextInt(4); i > 0; i--) {
                    value(random, depth + 1, b);
                    b.append(i > 1 ? random.nextBoolean() ? "," : " ,\n" : "");
                }
                b.append(']');
            }
            default -> {
                b.append('{');
                for (int i = random.nextInt(4); i > 0; i--) {
                    string(random, b);
                    b.append(random.nextBoolean() ? ":" : " :\t");
                    value(random, depth + 1, b);
                    b.append(i > 1 ? "," : "");
                }
                b.append('}');
            }
        }
    }

    private static void string(Random random, StringBuilder b) {
        b.append('"');
        for (int i = random.nextInt(8); i > 0; i--) {
            switch (random.nextInt(8)) {
                case 0 -> b.append("\\n");
                case 1 -> b.append("\\u00").append(random.nextInt(10, 80));
                case 2 -> b.append("\\\"");
                case 3 -> b.append("\\\\");
                case 4 -> b.append('ä');
                default -> b.append((char) ('a' + random.nextInt(26)));
            }
        }
        b.append('"');
    }

    @Test
    void readsWhatJacksonReads() {
        Random random = new Random(11);
        for (int i = 0; i < 5_000; i++) {
            StringBuilder b = new StringBuilder();
            value(random, 0, b);
            String text = b.toString();
            assertThat(ours(text.getBytes(StandardCharsets.UTF_8))).as(text).isEqualTo(jacksons(text));
            assertThat(ours(text.getBytes(StandardCharsets.UTF_8))).as(text).isNotEqualTo(BAD);
        }
    }

    @Test
    void refusesWhatJacksonRefuses() {
        Random random = new Random(12);
        String alphabet = "{}[]\",:\\ue01-+.tfn \n\u0001x";
        int refused = 0;
        for (int i = 0; i < 20_000; i++) {
            StringBuilder b = new StringBuilder();
            value(random, 0, b);
            for (int k = random.nextInt(3); k >= 0; k--) {
                char c = alphabet.charAt(random.nextInt(alphabet.length()));
                switch (random.nextInt(3)) {
                    case 0 -> b.insert(random.nextInt(b.length() + 1), c);
                    case 1 -> b.setLength(b.length() - random.nextInt(Math.min(3, b.length()) + 1));
                    default -> {
                        if (!b.isEmpty()) {
                            b.setCharAt(random.nextInt(b.length()), c);
                        }
                    }
                }
            }
            String text = b.toString();
            List<String> expected = jacksons(text);
            refused += expected.equals(BAD) ? 1 : 0;
            assertThat(ours(text.getBytes(StandardCharsets.UTF_8))).as(text).isEqualTo(expected);
        }
        assertThat(refused).isBetween(5_000, 19_000);
    }

    @Test
    void nestingHasALimit() {
        int n = JsonReader.MAX_DEPTH;
        assertThat(ours(("[".repeat(n) + "]".repeat(n)).getBytes(StandardCharsets.US_ASCII)))
                .hasSize(2 * n);
        assertThat(ours(("[".repeat(n + 1) + "]".repeat(n + 1)).getBytes(StandardCharsets.US_ASCII)))
                .isEqualTo(BAD);
        assertThat(ours(("{\"a\":".repeat(n) + "1" + "}".repeat(n)).getBytes(StandardCharsets.US_ASCII)))
                .hasSize(3 * n + 1);
    }

    @Test
    void countsAreIntegersThatFit() {
        assertThat(count("0")).isZero();
        assertThat(count("2147483647")).isEqualTo(Integer.MAX_VALUE);
        for (String no :
                List.of("2147483648", "-1", "1.0", "1e3", "NaN", "\"5\"", "null", "[5]", "99999999999999999999")) {
            assertThat(count(no)).as(no).isEqualTo(-1);
        }
    }

    private static int count(String text) {
        JsonReader json = new JsonReader();
        json.reset(text.getBytes(StandardCharsets.US_ASCII), 0, text.length());
        json.next();
        return json.count();
    }

    @Test
    void skippingGoesToTheEndOfTheValue() {
        JsonReader json = new JsonReader();
        byte[] bytes = "{\"a\":{\"b\":[1,{\"c\":2}]},\"d\":3}".getBytes(StandardCharsets.US_ASCII);
        json.reset(bytes, 0, bytes.length);
        assertThat(json.next()).isEqualTo(Token.OBJECT);
        assertThat(json.nextKey()).isTrue();
        json.next();
        json.skip();
        assertThat(json.nextKey()).isTrue();
        assertThat(json.string()).isEqualTo("d");
        json.next();
        assertThat(json.count()).isEqualTo(3);
        assertThat(json.nextKey()).isFalse();
        assertThat(json.next()).isEqualTo(Token.END);
    }
}
