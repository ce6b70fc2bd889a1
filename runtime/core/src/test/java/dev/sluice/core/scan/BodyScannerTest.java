package dev.sluice.core.scan;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class BodyScannerTest {
    private static final BodyScanner SCANNER = new BodyScanner(List.of("metadata.session_id", "user"));

    private static BodyScan scan(Api api, String json) throws BadBodyException {
        return SCANNER.scan(api, ByteBuffer.wrap(json.getBytes(UTF_8)));
    }

    private static BadBodyException refused(String json) {
        return refused(Api.CHAT, json.getBytes(UTF_8));
    }

    private static BadBodyException refused(Api api, byte[] json) {
        return catchThrowableOfType(BadBodyException.class, () -> SCANNER.scan(api, ByteBuffer.wrap(json)));
    }

    @Test
    void anOrdinaryChatIsRead() throws BadBodyException {
        BodyScan scan = scan(Api.CHAT, """
                {"model":"acme/chat", "messages":[
                  {"role":"system","content":"Be brief."},
                  {"role":"user","content":[{"type":"text","text":"What is \\"this\\"?"},
                    {"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA","detail":"low"}}]}],
                 "stream":true,"stream_options":{"include_usage":true},"max_tokens":5,"max_completion_tokens":7,"n":2,
                 "metadata":{"session_id":"s-1"},"user":"u"}
                """);
        assertThat(scan.model()).isEqualTo("acme/chat");
        assertThat(scan.stream()).isTrue();
        assertThat(scan.includeUsage()).isTrue();
        assertThat(scan.maxTokens()).hasValue(7);
        assertThat(scan.choices()).isEqualTo(2);
        assertThat(scan.session()).hasValue("s-1");
        assertThat(scan.session(1)).hasValue("u");
        assertThat(scan.promptText()).isEqualTo("Be brief.\nWhat is \"this\"?");
        assertThat(scan.media()).isEqualTo(1);
        assertThat(scan.tokenIds()).isFalse();
        assertThat(scan.segments().count()).isEqualTo(3);
        assertThat(scan.segments().kind(1)).isEqualTo(Places.Kind.PROMPT_MEDIA);
    }

    @Test
    void anthropicsImagesToolResultsAndSystemAreRead() throws BadBodyException {
        BodyScan scan = scan(Api.MESSAGES, """
                {"max_tokens":9,"messages":[{"role":"user","content":[
                  {"type":"image","source":{"type":"base64","media_type":"image/png","data":"AAAA"}},
                  {"type":"tool_result","tool_use_id":"t","content":[{"type":"text","text":"found"}]},
                  {"type":"tool_use","input":{"url":"http://x","data":"y"}}]}],
                 "system":[{"type":"text","text":"first"}]}
                """);
        assertThat(scan.promptText()).isEqualTo("first\nfound");
        assertThat(scan.media()).isEqualTo(1);
        assertThat(scan.segments().kind(0)).isEqualTo(Places.Kind.SYSTEM);
        assertThat(scan.maxTokens()).hasValue(9);
    }

    @Test
    void tokenIdsAreCounted() throws BadBodyException {
        assertThat(scan(Api.COMPLETIONS, "{\"prompt\":[1, 2,3]}").tokenCount()).isEqualTo(3);
        assertThat(scan(Api.COMPLETIONS, "{\"prompt\":[[1],[],[2,3,4]]}").tokenCount())
                .isEqualTo(4);
        assertThat(scan(Api.COMPLETIONS, "{\"prompt\":[\"a\",\"b\"]}").tokenIds())
                .isFalse();
        assertThat(scan(Api.GENERATE, "{\"token_ids\":[5],\"sampling_params\":{\"max_tokens\":3,\"n\":4}}"))
                .matches(s -> s.tokenIds() && s.choices() == 4 && s.maxTokens().orElse(0) == 3);
        assertThat(refused(Api.COMPLETIONS, "{\"prompt\":[1,\"a\"]}".getBytes(UTF_8)))
                .hasMessageContaining("token ids");
        assertThat(refused(Api.COMPLETIONS, "{\"prompt\":[1,-2]}".getBytes(UTF_8)))
                .hasMessageContaining("token ids");
        assertThat(refused(Api.COMPLETIONS, "{\"prompt\":[\"a\",1]}".getBytes(UTF_8)))
                .hasMessageContaining("one kind");
    }

    @Test
    void refusalsSayWhatAndWhere() {
        assertThat(refused("{\n  \"é\": 1,\n  \"model\": 7}"))
                .hasMessage("\"model\" must be a string at line 3, column 12 (byte 24)");
        assertThat(refused("{\"model\":\"a\",\"mod\\u0065l\":\"b\"}"))
                .hasMessage("duplicate key \"model\" at line 1, column 14 (byte 13)");
        assertThat(refused("{\"stream\":1}")).hasMessageStartingWith("\"stream\" must be true or false");
        assertThat(refused("{\"max_tokens\":1.5}")).hasMessageStartingWith("\"max_tokens\" must be an integer");
        assertThat(refused("{\"messages\":true}")).hasMessageStartingWith("\"messages\" must be");
        assertThat(refused("{\"a\":1}x")).hasMessageStartingWith("unexpected 'x' behind the body's end");
        assertThat(refused("[]")).hasMessageContaining("must be a JSON object");
        assertThat(refused("")).hasMessageContaining("the body ends").matches(e -> e.offset() == 0 && e.line() == 1);
        assertThat(refused("{\"a\":\"\u0001\"}")).hasMessageContaining("byte 0x01");
        assertThat(refused("{\"a\":\"unclosed"))
                .hasMessageContaining("never closed")
                .matches(e -> e.column() == 6);
    }

    @Test
    void duplicatesAreRefusedWhereWeReadOrSetAndOnlyThere() throws BadBodyException {
        for (String key :
                List.of("model", "messages", "tools", "cache_salt", "kv_transfer_params", "user", "bootstrap_room")) {
            assertThat(refused("{\"" + key + "\":null,\"a\":1,\"" + key + "\":null}"))
                    .as(key)
                    .hasMessageStartingWith("duplicate key \"" + key + "\"");
        }
        assertThat(refused("{\"stream_options\":{\"include_usage\":true,\"include_usage\":false}}"))
                .hasMessageContaining("duplicate");
        assertThat(refused("{\"metadata\":{\"session_id\":\"a\",\"session_id\":\"b\"}}"))
                .hasMessageContaining("duplicate");
        assertThat(scan(Api.CHAT, "{\"seed\":1,\"seed\":2,\"messages\":[{\"role\":\"a\",\"role\":\"b\"}]}")
                        .length())
                .isPositive();
    }

    @Test
    void nestingEndsAtSixtyFour() throws BadBodyException {
        String fits = "{\"x\":" + "[".repeat(63) + "]".repeat(63) + "}";
        assertThat(scan(Api.CHAT, fits).length()).isEqualTo(fits.length());
        assertThat(refused("{\"x\":" + "[".repeat(64) + "]".repeat(64) + "}")).hasMessageStartingWith("nested deeper");
        assertThat(refused("{\"tools\":" + "[".repeat(1_000_000))).hasMessageStartingWith("nested deeper");
        assertThat(refused("{\"messages\":[" + "{\"a\":".repeat(1_000_000))).hasMessageStartingWith("nested deeper");
    }

    @Test
    void longNumbersAreRefusedAndHugeOnesAreCut() throws BadBodyException {
        assertThat(refused("{\"x\":" + "9".repeat(1001) + "}")).hasMessageContaining("1000 characters");
        assertThat(scan(Api.CHAT, "{\"x\":1e400000,\"max_tokens\":" + "9".repeat(1000) + "}")
                        .maxTokens())
                .hasValue(Integer.MAX_VALUE);
        assertThat(scan(Api.CHAT, "{\"max_tokens\":-1}").maxTokens()).isEmpty();
        assertThat(scan(Api.CHAT, "{\"priority\":-7}").integer(Field.PRIORITY)).hasValue(-7);
    }

    @Test
    void whatWouldCostMemoryIsBounded() throws BadBodyException {
        String keys = "\"k\":1,".repeat(4096);
        assertThat(refused("{" + keys + "\"k\":1}")).hasMessageStartingWith("an object has more than 4096 keys");
        assertThat(scan(Api.CHAT, "{" + keys.substring(0, keys.length() - 1) + "}")
                        .model())
                .isEmpty();
        assertThat(refused("{\"model\":\"" + "m".repeat(4095) + "\"}"))
                .hasMessageStartingWith("\"model\" is longer than 4096 bytes");
        assertThat(scan(Api.CHAT, "{\"user\":\"" + "m".repeat(4095) + "\"}").session())
                .isEmpty();
        String images = "{\"image_url\":\"x\"},".repeat(3000);
        BodyScan scan = scan(Api.CHAT, "{\"messages\":[{\"content\":[" + images + "{\"text\":\"t\"}]}]}");
        assertThat(scan.media()).isEqualTo(3000);
        assertThat(scan.segments().count()).isEqualTo(2 * 1024 + 1);
        assertThat(scan.promptText()).isEqualTo("t");
        BodyScan many = scan(Api.EMBEDDINGS, "{\"input\":[" + "\"a\",".repeat(100_000) + "\"b\"]}");
        assertThat(many.texts().count()).isEqualTo(65_536);
        assertThat(many.segments().end(0)).isEqualTo(many.length() - 1);
    }

    @Test
    void byteOrderMarksAndOtherEncodingsAreRefused() {
        assertThat(refused("\uFEFF{}")).hasMessageContaining("byte 0xef");
        assertThat(refused(Api.CHAT, "{}".getBytes(java.nio.charset.StandardCharsets.UTF_16LE)))
                .isNotNull();
        assertThat(refused(Api.CHAT, "{\"a\":\"\u00e9\"}".getBytes(ISO_8859_1))).hasMessageContaining("UTF-8");
    }

    /** Each of these bytes at each place of strings of each length: nothing slips through the wide loops. */
    @Test
    void noByteHidesBetweenTheWideSteps() {
        byte[] odd = {0, 1, 0x1F, '"', '\\', 0x7F, (byte) 0x80, (byte) 0xC1, (byte) 0xED, (byte) 0xFF};
        for (int length = 0; length < 72; length++) {
            for (int at = 0; at < length; at++) {
                for (byte b : odd) {
                    byte[] json = ("{\"a\":\"" + "x".repeat(length) + "\"}").getBytes(UTF_8);
                    json[6 + at] = b;
                    agree(json);
                }
            }
        }
    }

    /** East Asian text with each kind of damage at each place. */
    @Test
    void noDamageHidesInWideCharacters() {
        Random random = new Random(9);
        for (int round = 0; round < 4000; round++) {
            StringBuilder text = new StringBuilder();
            for (int i = random.nextInt(40); i >= 0; i--) {
                int kind = random.nextInt(12);
                text.appendCodePoint(
                        kind == 0
                                ? 0x800 + random.nextInt(0x800)
                                : kind == 1
                                        ? 0xD000 + random.nextInt(0x800)
                                        : kind == 2
                                                ? 0x10000 + random.nextInt(0x100000)
                                                : kind == 3
                                                        ? 0x80 + random.nextInt(0x780)
                                                        : kind == 4 ? 'a' : 0x3000 + random.nextInt(0x7000));
            }
            byte[] json = ("{\"messages\":\"" + text + "\"}").getBytes(UTF_8);
            agree(json);
            json[13 + random.nextInt(json.length - 15)] = (byte) random.nextInt(256);
            agree(json);
        }
    }

    private static void agree(byte[] json) {
        boolean good;
        try {
            Tree.parse(json);
            good = true;
        } catch (IOException e) {
            good = false;
        }
        BadBodyException refused = refused(Api.CHAT, json);
        assertThat(refused == null)
                .as("%s: %s", new String(json, UTF_8), refused)
                .isEqualTo(good);
    }

    @Test
    void theBufferIsReadBetweenPositionAndLimitAndLeftAlone() throws BadBodyException {
        ByteBuffer buffer = ByteBuffer.allocateDirect(64);
        buffer.position(5).put("{\"model\":\"m\"}".getBytes(UTF_8)).put("xx".getBytes(UTF_8));
        buffer.position(5).limit(18);
        BodyScan scan = SCANNER.scan(Api.CHAT, buffer.asReadOnlyBuffer());
        assertThat(scan.model()).isEqualTo("m");
        assertThat(scan.start(Field.MODEL)).isEqualTo(9);
        assertThat(buffer.position()).isEqualTo(5);
        assertThat(Edits.of(scan).model("n").apply().toBytes()).isEqualTo("{\"model\":\"n\"}".getBytes(UTF_8));
    }

    @Test
    void sessionPathsAreChecked() {
        assertThatIllegalArgumentException().isThrownBy(() -> new BodyScanner(List.of("a..b")));
        assertThatIllegalArgumentException().isThrownBy(() -> new BodyScanner(Collections.nCopies(9, "a")));
    }

    @Test
    void twoSessionPathsMayShareTheirBeginning() throws BadBodyException {
        BodyScanner scanner = new BodyScanner(List.of("metadata.a", "metadata.b.c", "model"));
        BodyScan scan = scanner.scan(
                Api.CHAT,
                ByteBuffer.wrap("{\"metadata\":{\"b\":{\"c\":5},\"a\":\"\"},\"model\":\"m\"}".getBytes(UTF_8)));
        assertThat(scan.session(0)).isEmpty();
        assertThat(scan.session(1)).hasValue("5");
        assertThat(scan.session(2)).hasValue("m");
        assertThat(scan.session()).hasValue("5");
    }

    @Test
    void everyPathHasItsApi() {
        for (Api api : Api.values()) {
            assertThat(Api.of(api.path())).hasValue(api);
        }
        assertThat(Api.of("/v1/chat/completions/")).isEmpty();
    }
}
