package dev.sluice.simulator.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.Outcome;
import dev.sluice.core.Usage;
import dev.sluice.simulator.EngineProfile;
import dev.sluice.simulator.Hashes;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class ToldBlocksTest {
    private static final long MS = 1_000_000;
    private static final long SECOND = 1000 * MS;

    private final EventLoop loop = new EventLoop(1);
    private final ToldBlocks told = new ToldBlocks(loop, MS);
    private final Server a = server("a");
    private final Server b = server("b");
    private final SplittableRandom random = new SplittableRandom(5);
    private long ids;

    private Server server(String name) {
        return new Server(
                loop,
                EngineProfile.llama8b().withCache(400, 16),
                1,
                name,
                new KvNetwork(loop, KvLink.INFINIBAND_400G),
                told.listen(name));
    }

    private static final class Heard extends Leg {
        Usage usage = Usage.UNKNOWN;

        @Override
        protected void firstToken() {}

        @Override
        protected void tokens(int count) {}

        @Override
        protected void ended(Usage said) {
            usage = said;
        }

        @Override
        protected void failed(Outcome outcome) {}
    }

    /** Prompts of six families that share a beginning. */
    private Ask ask() {
        int family = random.nextInt(6);
        int tokens = random.nextInt(20, 2000);
        int shared = 20 + 10 * family;
        long own = random.nextLong();
        long[] blocks = new long[tokens / 16];
        long parent = family;
        for (int i = 0; i < blocks.length; i++) {
            parent = Hashes.next(parent, i < shared ? family : own);
            blocks[i] = parent;
        }
        return new Ask(tokens, blocks, blocks.length, random.nextInt(1, 40), 0, "", true);
    }

    private Usage serve(Server server, Ask ask) {
        Heard heard = new Heard();
        server.call(ids++, ask, heard);
        loop.runUntil(loop.now() + 60 * SECOND);
        return heard.usage;
    }

    @Test
    void whatAnEngineFindsIsWhatItToldBefore() {
        int hits = 0;
        for (int i = 0; i < 300; i++) {
            Server server = random.nextBoolean() ? a : b;
            Ask ask = ask();
            // Never the last token.
            int expected = 16 * Math.min(told.blocks(ask, server == a ? "a" : "b"), (ask.promptTokens() - 1) / 16);
            assertThat(serve(server, ask).cachedTokens()).as("request %d", i).isEqualTo(expected);
            hits += expected > 0 ? 1 : 0;
        }
        // The caches are small, so that beginnings are lost, too.
        assertThat(hits).isBetween(50, 290);
    }

    @Test
    void aCacheThatIsEmptiedHoldsNothing() {
        Ask ask = ask();
        serve(a, ask);
        serve(b, ask);
        assertThat(told.blocks(ask, "a")).isEqualTo(ask.promptBlocks());
        assertThat(a.engine().resetCache()).isTrue();
        loop.runUntil(loop.now() + SECOND);
        assertThat(told.blocks(ask, "a")).isZero();
        assertThat(told.blocks(ask, "b")).isEqualTo(ask.promptBlocks());
    }
}
