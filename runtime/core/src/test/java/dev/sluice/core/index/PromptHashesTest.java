package dev.sluice.core.index;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.scan.Api;
import dev.sluice.core.scan.BadBodyException;
import dev.sluice.core.scan.BodyScanner;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class PromptHashesTest {
    private static final String LONG = "All work and no play makes Jack a dull boy. ".repeat(20);

    private static PromptHashes hashes(Api api, String json) throws BadBodyException {
        return hashes(api, json, BlockRules.DEFAULT);
    }

    private static PromptHashes hashes(Api api, String json, BlockRules rules) throws BadBodyException {
        return PromptHashes.of(new BodyScanner().scan(api, ByteBuffer.wrap(json.getBytes(UTF_8))), 42, rules);
    }

    private static int common(PromptHashes a, PromptHashes b) {
        int same = Arrays.mismatch(a.hashes(), 0, a.count(), b.hashes(), 0, b.count());
        return same < 0 ? a.count() : same;
    }

    private static String chat(String... contents) {
        StringBuilder json = new StringBuilder("{\"messages\":[");
        for (int i = 0; i < contents.length; i++) {
            json.append(i > 0 ? "," : "")
                    .append("{\"role\":\"")
                    .append(i % 2 == 0 ? "user" : "assistant")
                    .append("\",\"content\":\"")
                    .append(contents[i])
                    .append("\"}");
        }
        return json.append("]}").toString();
    }

    /** The rows of llm-d's approximate prefix: seed = H(model + salt), the last piece of a block included. */
    @Test
    void theChainIsLlmds() {
        assertThat(approximate("model", 10, 4))
                .containsExactly(0x218099d0a8301208L, 0xa5b33e7f56ebf885L, 0xa2aa1c6666cb1c34L);
        assertThat(approximate("m", 4, 2)).containsExactly(0xbdeada2071943583L, 0x7aacfb531261b051L);
        assertThat(approximate("msalt", 4, 2)).containsExactly(0x6b0e68c54f9ceac3L, 0xf1433d4ff41f4429L);
    }

    private static long[] approximate(String seed, int tokens, int block) {
        ByteBuffer bytes = ByteBuffer.allocate(4 * tokens).order(ByteOrder.LITTLE_ENDIAN);
        for (int token = 1; token <= tokens; token++) {
            bytes.putInt(token);
        }
        PromptHashes.Chain chain = new PromptHashes.Chain(Xxh64.hash(seed, 0), 4 * block, tokens);
        chain.add(bytes, 0, bytes.capacity());
        int rest = 4 * (tokens % block);
        if (rest == 0) {
            return chain.hashes();
        }
        long[] hashes = Arrays.copyOf(chain.hashes(), chain.count + 1);
        long id = Xxh64.hash(bytes, 4 * tokens - rest, rest, 0);
        hashes[chain.count] = Xxh64.hash(id, hashes[chain.count - 1]);
        return hashes;
    }

    @Test
    void howThePromptIsCutIntoPiecesDoesNotMatter() {
        Random random = new Random(3);
        byte[] bytes = new byte[5000];
        random.nextBytes(bytes);
        ByteBuffer body = ByteBuffer.wrap(bytes);
        PromptHashes.Chain whole = new PromptHashes.Chain(1, 64, 100);
        whole.add(body, 0, bytes.length);
        assertThat(whole.count).isEqualTo(5000 / 64);
        for (int round = 0; round < 200; round++) {
            PromptHashes.Chain pieces = new PromptHashes.Chain(1, 64, 100);
            int at = 0;
            while (at < bytes.length) {
                int next = Math.min(bytes.length, at + random.nextInt(round + 2));
                pieces.add(body, at, next);
                at = next;
            }
            assertThat(pieces.hashes()).isEqualTo(whole.hashes());
            assertThat(pieces.bytes).isEqualTo(5000);
        }
    }

    @Test
    void oneMoreTurnKeepsAllFullBlocksBeforeIt() throws BadBodyException {
        PromptHashes first = hashes(Api.CHAT, chat(LONG));
        PromptHashes second = hashes(Api.CHAT, chat(LONG, "Indeed.", "Go on."));
        assertThat(first.count()).isEqualTo((int) (first.bytes() / 64)).isGreaterThan(10);
        assertThat(common(first, second)).isEqualTo(first.count());
        assertThat(second.count()).isGreaterThan(first.count());
    }

    @Test
    void rolesCount() throws BadBodyException {
        PromptHashes user = hashes(Api.CHAT, chat(LONG));
        PromptHashes system = hashes(Api.CHAT, chat(LONG).replace("user", "system"));
        assertThat(common(user, system)).isZero();
    }

    @Test
    void toolsAndInstructionsComeFirstWhereverTheyStand() throws BadBodyException {
        String tools = "\"tools\":[{\"name\":\"" + LONG + "\"}]";
        String system = "\"system\":\"" + LONG + "\"";
        String messages = "\"messages\":[{\"role\":\"user\",\"content\":\"" + LONG + "\"}]";
        PromptHashes a = hashes(Api.MESSAGES, "{" + tools + "," + system + "," + messages + "}");
        PromptHashes b = hashes(Api.MESSAGES, "{" + messages + ",\"stream\":true," + system + "," + tools + "}");
        assertThat(b.hashes()).isEqualTo(a.hashes());
        PromptHashes other = hashes(Api.MESSAGES, "{" + messages + "," + system + "}");
        assertThat(common(a, other)).isZero();
    }

    @Test
    void whatIsNoPartOfThePromptDoesNotMatter() throws BadBodyException {
        PromptHashes plain = hashes(Api.CHAT, chat(LONG));
        PromptHashes more = hashes(
                Api.CHAT, "{\"temperature\":0.5,\"model\":\"x\"," + chat(LONG).substring(1));
        assertThat(more.hashes()).isEqualTo(plain.hashes());
    }

    @Test
    void templateArgumentsAndEarlierResponsesChangeAllBlocks() throws BadBodyException {
        PromptHashes plain = hashes(Api.CHAT, chat(LONG));
        PromptHashes shaped = hashes(
                Api.CHAT,
                "{\"chat_template_kwargs\":{\"enable_thinking\":false},"
                        + chat(LONG).substring(1));
        assertThat(common(plain, shaped)).isZero();
        assertThat(shaped.tokens()).isEqualTo(plain.tokens());
        PromptHashes fresh = hashes(Api.RESPONSES, "{\"input\":\"" + LONG + "\"}");
        PromptHashes next = hashes(Api.RESPONSES, "{\"input\":\"" + LONG + "\",\"previous_response_id\":\"r\"}");
        assertThat(common(fresh, next)).isZero();
    }

    @Test
    void seedsDifferWhereverAModelAnAdapterOrASaltDoes() {
        assertThat(new long[] {
                    PromptHashes.seed("ab", "", ""),
                    PromptHashes.seed("a", "b", ""),
                    PromptHashes.seed("a", "", "b"),
                    PromptHashes.seed("", "ab", ""),
                    PromptHashes.seed("", "", "ab")
                })
                .doesNotHaveDuplicates();
        assertThat(PromptHashes.seed("a", "b", "c")).isEqualTo(PromptHashes.seed("a", "b", "c"));
    }

    @Test
    void anImageCountsByItsBytesAndForAFixedNumberOfTokens() throws BadBodyException {
        String body = "{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image_url\",\"image_url\":"
                + "{\"url\":\"data:image/png;base64,%s\"}},{\"type\":\"text\",\"text\":\"" + LONG + "\"}]}]}";
        PromptHashes small = hashes(Api.CHAT, body.formatted("AAAA"));
        PromptHashes big = hashes(Api.CHAT, body.formatted("B".repeat(100_000)));
        assertThat(big.tokens()).isEqualTo(small.tokens());
        assertThat(big.count()).isEqualTo(small.count());
        assertThat(common(small, big)).isEqualTo(1);
        assertThat(hashes(Api.CHAT, body.formatted("AAAA")).hashes()).isEqualTo(small.hashes());
        assertThat(small.tokens()).isGreaterThan(512 + LONG.length() / 4);
    }

    @Test
    void featuresBesideTokenIdsChangeTheChainAndNotTheCount() throws BadBodyException {
        String ids = "\"token_ids\":[" + "7,".repeat(200) + "7]";
        PromptHashes plain = hashes(Api.GENERATE, "{" + ids + ",\"features\":null}");
        PromptHashes image = hashes(Api.GENERATE, "{" + ids + ",\"features\":{\"mm_hashes\":{\"image\":[\"a\"]}}}");
        assertThat(plain.tokens()).isEqualTo(201);
        assertThat(image.tokens()).isEqualTo(201);
        assertThat(image.count()).isEqualTo(plain.count());
        assertThat(common(plain, image)).isZero();
    }

    @Test
    void tokenIdsAreCountedExactly() throws BadBodyException {
        StringBuilder ids = new StringBuilder("{\"token_ids\":[");
        for (int i = 0; i < 1000; i++) {
            ids.append(i == 0 ? "" : ", ").append(1000 + i);
        }
        PromptHashes hashes = hashes(Api.GENERATE, ids.append("]}").toString());
        assertThat(hashes.tokens()).isEqualTo(1000);
        assertThat(hashes.count()).isEqualTo(6000 / 64);
        assertThat(hashes.tokensIn(hashes.count())).isBetween(985, 1000);
        assertThat(hashes.tokensIn(hashes.count() / 2)).isBetween(480, 500);
        assertThat(hashes.blocksIn(hashes.tokensIn(40))).isEqualTo(40);
    }

    @Test
    void tokensOfTextFollowTheRatio() throws BadBodyException {
        PromptHashes four = hashes(Api.CHAT, chat(LONG));
        PromptHashes two = hashes(Api.CHAT, chat(LONG), BlockRules.DEFAULT.withBytesPerToken(2));
        assertThat(four.tokens()).isEqualTo((int) Math.ceil(four.bytes() / 4.0));
        assertThat(two.tokens()).isEqualTo((int) Math.ceil(four.bytes() / 2.0));
        assertThat(two.hashes()).isEqualTo(four.hashes());
    }

    @Test
    void aPromptIsFollowedToItsLimitOnly() throws BadBodyException {
        BlockRules rules = new BlockRules(64, 4, 512, 5);
        PromptHashes cut = hashes(Api.CHAT, chat(LONG), rules);
        assertThat(cut.count()).isEqualTo(5);
        assertThat(cut.tokens()).isEqualTo(hashes(Api.CHAT, chat(LONG)).tokens());
    }

    @Test
    void bodiesWithoutAPromptHaveNoBlocks() throws BadBodyException {
        PromptHashes none = hashes(Api.CHAT, "{\"messages\":null,\"tools\":null}");
        assertThat(none.count()).isZero();
        assertThat(none.tokens()).isZero();
        assertThat(none.tokensIn(3)).isZero();
        assertThat(none.blocksIn(3)).isZero();
    }

    @Test
    void directBuffersHashAsHeapBuffersDo() throws BadBodyException {
        byte[] json = chat(LONG, LONG, "x").getBytes(UTF_8);
        ByteBuffer direct = ByteBuffer.allocateDirect(json.length).put(0, json);
        PromptHashes hashes = PromptHashes.of(new BodyScanner().scan(Api.CHAT, direct), 42, BlockRules.DEFAULT);
        assertThat(hashes.hashes())
                .isEqualTo(hashes(Api.CHAT, new String(json, UTF_8)).hashes());
    }
}
