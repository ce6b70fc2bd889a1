package dev.sluice.core.scan;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * The scanner against Jackson, on random and mutated bodies: what is refused as well as what is read, and after the edits the
 * engine's view. {@code -Dscan.documents=N} makes it longer, {@code -Dscan.seed=N} another one.
 */
class BodyScanDifferentialTest {
    private static final int DOCUMENTS = Integer.getInteger("scan.documents", 24_000);
    private static final long SEED = Long.getLong("scan.seed", 4);
    private final BodyScanner scanner = new BodyScanner(Oracle.PATHS);

    @Test
    void scannerAndJacksonAgreeOnWhatIsRefusedAndWhatIsRead() throws IOException {
        RandomBodies bodies = new RandomBodies(SEED);
        int accepted = 0;
        for (int i = 0; i < DOCUMENTS; i++) {
            Api api = Api.values()[i % Api.values().length];
            byte[] json = bodies.next(api);
            accepted += agree(scanner, api, json, i % 2 == 0) ? 1 : 0;
        }
        assertThat(accepted).isBetween(DOCUMENTS / 4, DOCUMENTS * 3 / 4);
    }

    /** Both must accept a body, with the same in it, or both refuse it; whether they accept. */
    static boolean agree(BodyScanner scanner, Api api, byte[] json, boolean direct) throws IOException {
        Oracle oracle = oracle(api, json);
        BodyScan scan = scan(scanner, api, json, direct, oracle);
        if (oracle == null || scan == null) {
            return false;
        }
        compare(scan, oracle, json);
        return true;
    }

    private static @Nullable Oracle oracle(Api api, byte[] json) {
        try {
            return new Oracle(api, json);
        } catch (IOException refused) {
            return null;
        }
    }

    private static @Nullable BodyScan scan(
            BodyScanner scanner, Api api, byte[] json, boolean direct, @Nullable Oracle oracle) {
        ByteBuffer body = direct ? ByteBuffer.allocateDirect(json.length + 3) : ByteBuffer.allocate(json.length + 3);
        body.position(3).put(json).position(3);
        try {
            BodyScan scan = scanner.scan(api, body);
            assertThat(oracle)
                    .as("only Jackson refuses %s %s", api, new String(json, UTF_8))
                    .isNotNull();
            return scan;
        } catch (BadBodyException refused) {
            assertThat(oracle)
                    .as("only the scanner refuses %s %s: %s", api, new String(json, UTF_8), refused.getMessage())
                    .isNull();
            assertThat(refused.offset()).isBetween(0, json.length);
            assertThat(refused.line()).isPositive();
            assertThat(refused.column()).isPositive();
            return null;
        }
    }

    /** What both must say of a body. */
    private record Found(
            String model,
            boolean stream,
            boolean usage,
            OptionalInt limit,
            int choices,
            Optional<String> session,
            String previous,
            boolean ids,
            int tokens,
            int media,
            String text) {}

    private static void compare(BodyScan scan, Oracle oracle, byte[] json) throws IOException {
        String as = new String(json, UTF_8);
        List<String> texts = new ArrayList<>(oracle.systemTexts);
        texts.addAll(oracle.promptTexts);
        Found expected = new Found(
                oracle.string("model"),
                oracle.yes(oracle.root, "stream"),
                Oracle.object(oracle.root, "stream_options")
                        .map(options -> oracle.yes(options, "include_usage"))
                        .orElse(false),
                oracle.limit(),
                oracle.choices(),
                oracle.session(),
                oracle.string("previous_response_id"),
                oracle.ids,
                oracle.tokens,
                oracle.media,
                String.join("\n", texts));
        Found found = new Found(
                scan.model(),
                scan.stream(),
                scan.includeUsage(),
                scan.maxTokens(),
                scan.choices(),
                scan.session(),
                scan.previousResponseId().orElse(""),
                scan.tokenIds(),
                scan.tokenCount(),
                scan.media(),
                scan.promptText());
        assertThat(found).as(as).isEqualTo(expected);
        edit(scan, oracle, as);
    }

    private static void edit(BodyScan scan, Oracle oracle, String as) throws IOException {
        EditedBody plain = Edits.of(scan).apply();
        assertThat(Tree.parse(plain.toBytes())).as(as).isEqualTo(oracle.edited(Optional.empty(), false, false));
        EditedBody all =
                Edits.of(scan).model("é\"/8b").includeUsage().allowPriority().apply();
        assertThat(all.toBytes()).hasSize(all.length());
        assertThat(Tree.parse(all.toBytes())).as(as).isEqualTo(oracle.edited(Optional.of("é\"/8b"), true, true));
    }
}
