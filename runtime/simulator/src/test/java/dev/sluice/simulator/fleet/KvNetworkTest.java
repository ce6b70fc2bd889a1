package dev.sluice.simulator.fleet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.sluice.core.Outcome;
import dev.sluice.core.Usage;
import dev.sluice.simulator.EngineProfile;
import dev.sluice.simulator.Hashes;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class KvNetworkTest {
    private static final long MS = 1_000_000;
    private static final long SECOND = 1000 * MS;
    /** One block of 16 tokens of 1 KB takes 1 ms. */
    private static final KvLink LINK = new KvLink(100 * MS, 2 * MS, 16 * 1024 * 1000.0);

    private final EventLoop loop = new EventLoop(1);
    private final KvNetwork network = new KvNetwork(loop, LINK);
    private final Server prefill = server("p");
    private final Server decode = server("d");
    private long ids;

    private Server server(String name) {
        // 10 ms a step, 1 ms a prompt token, 1 KB a token.
        return new Server(
                loop,
                new EngineProfile(name, "m", 10, 0, 0, 1, 0, 0, 0, 200, 16, 1024, 16, 1000, 10_000, 0, false, true),
                1,
                name,
                network);
    }

    private static final class Heard extends Leg {
        final List<KvParams> kept = new ArrayList<>();
        final List<Outcome> failures = new ArrayList<>();
        final List<Usage> usages = new ArrayList<>();

        @Override
        protected void firstToken() {}

        @Override
        protected void tokens(int count) {}

        @Override
        protected void kept(KvParams params) {
            kept.add(params);
        }

        @Override
        protected void ended(Usage usage) {
            usages.add(usage);
        }

        @Override
        protected void failed(Outcome outcome) {
            failures.add(outcome);
        }
    }

    private static Ask ask(long content, int promptTokens, int outputTokens) {
        long[] blocks = new long[promptTokens / 16];
        long parent = content;
        for (int i = 0; i < blocks.length; i++) {
            parent = Hashes.next(parent, content);
            blocks[i] = parent;
        }
        return new Ask(promptTokens, blocks, blocks.length, outputTokens, outputTokens, "", true);
    }

    private Heard call(Server server, Ask ask, KvLeg part) {
        Heard heard = new Heard();
        server.call(ids++, ask, part, heard);
        // Calls of one moment arrive in any order.
        loop.runUntil(loop.now() + 1);
        return heard;
    }

    private KvParams prefilled(long content, int tokens) {
        Heard heard = call(prefill, ask(content, tokens, 1), KvLeg.PREFILL);
        loop.runUntil(loop.now() + SECOND);
        assertThat(heard.usages).hasSize(1);
        return heard.kept.getFirst();
    }

    @Test
    void aDecodeLegFetchesWhatThePrefillLegComputedAndThePrefillSideLetsGo() {
        KvParams params = prefilled(7, 100);
        assertThat(params.blocks()).hasSize(7);
        assertThat(prefill.engine().kv().pins()).hasSize(1);
        long began = loop.now();
        Heard heard = call(decode, ask(7, 100, 3), new KvLeg.Decode(params));
        while (heard.usages.isEmpty()) {
            loop.step();
        }
        // Handshake, 2 ms and 7 blocks, then three steps of which the first computes one token.
        assertThat((loop.now() - began) / 1e6).isCloseTo(100 + 2 + 7 + 11 + 10 + 10, within(0.01));
        assertThat(heard.usages).containsExactly(new Usage(100, 0, 3));
        assertThat(prefill.engine().kv().pins()).isEmpty();
        assertThat(network.transfers()).isEqualTo(1);
        assertThat(network.bytes()).isEqualTo(7 * 16 * 1024);
        assertThat(network.corrupt()).isZero();
    }

    @Test
    void aPairShakesHandsOnce() {
        call(decode, ask(7, 100, 3), new KvLeg.Decode(prefilled(7, 100)));
        loop.runUntil(loop.now() + SECOND);
        KvParams params = prefilled(8, 100);
        long began = loop.now();
        Heard heard = call(decode, ask(8, 100, 1), new KvLeg.Decode(params));
        while (heard.usages.isEmpty()) {
            loop.step();
        }
        assertThat((loop.now() - began) / 1e6).isCloseTo(2 + 7 + 11, within(0.01));
    }

    @Test
    void transfersOfOneServerFollowEachOther() {
        List<KvParams> all = List.of(prefilled(1, 160), prefilled(2, 160), prefilled(3, 160));
        List<Heard> heard = new ArrayList<>();
        long began = loop.now();
        for (int i = 0; i < 3; i++) {
            heard.add(call(decode, ask(i + 1, 160, 1), new KvLeg.Decode(all.get(i))));
        }
        while (heard.stream().anyMatch(each -> each.usages.isEmpty())) {
            loop.step();
        }
        assertThat((loop.now() - began) / 1e6).isGreaterThan(100 + 3 * 12);
    }

    @Test
    void bothLegsAtOnceMeetUnderTheirKey() {
        Heard second = call(decode, ask(7, 100, 1), new KvLeg.Meet("p", "xfer-1", SECOND));
        Heard first = call(prefill, ask(7, 100, 1), new KvLeg.Prefill("xfer-1"));
        loop.runUntil(10 * SECOND);
        assertThat(first.usages).hasSize(1);
        assertThat(second.usages).hasSize(1);
        assertThat(prefill.engine().kv().pins()).isEmpty();
    }

    @Test
    void aLegThatMeetsNobodyFailsWhenItsPatienceEnds() {
        Heard heard = call(decode, ask(7, 100, 1), new KvLeg.Meet("p", "xfer-1", SECOND));
        loop.runUntil(2 * SECOND);
        assertThat(heard.failures).containsExactly(Outcome.FAILED);
        assertThat(decode.engine().kvBlocksUsed()).isZero();
    }

    @Test
    void aPeerThatIsGoneFailsTheLegSoonWhenThePairHasTalkedAndLateWhenNot() {
        call(decode, ask(7, 100, 1), new KvLeg.Decode(prefilled(7, 100)));
        loop.runUntil(loop.now() + SECOND);
        KvParams params = prefilled(8, 100);
        prefill.crash();
        Heard known = call(decode, ask(8, 100, 1), new KvLeg.Decode(params));
        loop.runUntil(loop.now() + 25 * MS);
        assertThat(known.failures).containsExactly(Outcome.FAILED);
        Heard stranger = call(server("other"), ask(8, 100, 1), new KvLeg.Decode(params));
        loop.runUntil(loop.now() + 4 * SECOND);
        assertThat(stranger.failures).isEmpty();
        loop.runUntil(loop.now() + 2 * SECOND);
        assertThat(stranger.failures).containsExactly(Outcome.FAILED);
        assertThat(network.failed()).isEqualTo(2);
    }

    @Test
    void paramsOfAProcessBeforeItsRestartFail() {
        KvParams params = prefilled(7, 100);
        prefill.crash();
        prefill.restart();
        assertThat(prefill.engineId()).isNotEqualTo(params.engineId());
        Heard heard = call(decode, ask(7, 100, 1), new KvLeg.Decode(params));
        loop.runUntil(loop.now() + 10 * SECOND);
        assertThat(heard.failures).containsExactly(Outcome.FAILED);
    }

    @Test
    void aCutLinkFailsWhatIsUnderWay() {
        KvParams params = prefilled(7, 100);
        Heard heard = call(decode, ask(7, 100, 1), new KvLeg.Decode(params));
        loop.runUntil(loop.now() + 50 * MS);
        network.cut("p", "d", true);
        loop.runUntil(loop.now() + SECOND);
        assertThat(heard.failures).containsExactly(Outcome.FAILED);
        assertThat(prefill.engine().kv().pins()).hasSize(1);
        loop.runUntil(loop.now() + 60 * SECOND);
        assertThat(prefill.engine().kv().pins()).isEmpty();
        assertThat(prefill.engine().stats().expiredLeases()).isEqualTo(1);
    }

    @Test
    void afterTheLeaseTheLegSucceedsAndIsOnlyWrongWhenTheBlocksWereTaken() {
        KvParams params = prefilled(7, 100);
        loop.runUntil(loop.now() + 31 * SECOND);
        assertThat(prefill.engine().kv().pins()).isEmpty();
        Heard right = call(decode, ask(7, 100, 1), new KvLeg.Decode(params));
        loop.runUntil(loop.now() + SECOND);
        assertThat(right.usages).hasSize(1);
        assertThat(network.corrupt()).isZero();
        assertThat(network.late()).isEqualTo(1);
        Heard other = call(prefill, ask(8, 3190, 1), KvLeg.ALONE);
        loop.runUntil(loop.now() + 10 * SECOND);
        assertThat(other.usages).hasSize(1);
        decode.crash();
        decode.restart();
        Heard wrong = call(decode, ask(7, 100, 1), new KvLeg.Decode(params));
        loop.runUntil(loop.now() + SECOND);
        assertThat(wrong.usages).hasSize(1);
        assertThat(network.corrupt()).isEqualTo(1);
    }

    @Test
    void aLegThatStillQueuesKeepsTheLeaseAlive() {
        KvParams params = prefilled(7, 100);
        Heard first = call(decode, ask(1, 3000, 170), KvLeg.ALONE);
        Heard second = call(decode, ask(7, 200, 1), KvLeg.ALONE);
        Heard heard = call(decode, ask(7, 100, 1), new KvLeg.Decode(params));
        decode.engine().slowDown(20);
        loop.runUntil(loop.now() + 45 * SECOND);
        assertThat(heard.usages).isEmpty();
        assertThat(prefill.engine().kv().pins()).hasSize(1);
        loop.runUntil(loop.now() + 200 * SECOND);
        assertThat(first.usages).hasSize(1);
        assertThat(second.usages).hasSize(1);
        assertThat(heard.usages).hasSize(1);
        assertThat(network.late()).isZero();
    }

    @Test
    void aLegThatIsAbortedBeforeItFetchesLetsThePrefillSideGo() {
        KvParams params = prefilled(7, 300);
        call(decode, ask(1, 3000, 100), KvLeg.ALONE);
        long id = ids + 1;
        call(decode, ask(2, 300, 1), KvLeg.ALONE);
        Heard heard = call(decode, ask(7, 300, 1), new KvLeg.Decode(params));
        loop.runUntil(loop.now() + SECOND);
        decode.abort(id, heard);
        loop.runUntil(loop.now() + SECOND);
        assertThat(prefill.engine().kv().pins()).isEmpty();
    }

    @Test
    void aLegThatIsAbortedWhileItFetchesLetsThePrefillSideGoWhenThatIsOver() {
        KvParams params = prefilled(7, 100);
        long id = ids;
        Heard heard = call(decode, ask(7, 100, 1), new KvLeg.Decode(params));
        loop.runUntil(loop.now() + 50 * MS);
        decode.abort(id, heard);
        loop.runUntil(loop.now() + 50 * MS);
        assertThat(prefill.engine().kv().pins()).hasSize(1);
        loop.runUntil(loop.now() + SECOND);
        assertThat(prefill.engine().kv().pins()).isEmpty();
        assertThat(decode.engine().kvBlocksUsed()).isZero();
    }

    @Test
    void releasesThatAreLostLeaveThePinToItsLease() {
        network.loseReleases(true);
        call(decode, ask(7, 100, 1), new KvLeg.Decode(prefilled(7, 100)));
        loop.runUntil(loop.now() + 5 * SECOND);
        assertThat(prefill.engine().kv().pins()).hasSize(1);
        assertThat(network.lost()).isEqualTo(1);
        loop.runUntil(loop.now() + 60 * SECOND);
        assertThat(prefill.engine().kv().pins()).isEmpty();
    }

    @Test
    void anotherPromptThanThePrefillLegsIsFetchedAndWrong() {
        Heard heard = call(decode, ask(8, 100, 1), new KvLeg.Decode(prefilled(7, 100)));
        loop.runUntil(loop.now() + SECOND);
        assertThat(heard.usages).hasSize(1);
        assertThat(network.corrupt()).isEqualTo(1);
    }

    @Test
    void aLongerPromptThanThePrefillLegsKillsTheDecodeEngine() {
        Heard bystander = call(decode, ask(1, 100, 1000), KvLeg.ALONE);
        Heard heard = call(decode, ask(8, 160, 1), new KvLeg.Decode(prefilled(7, 100)));
        loop.runUntil(loop.now() + SECOND);
        assertThat(heard.failures).containsExactly(Outcome.FAILED);
        assertThat(bystander.failures).containsExactly(Outcome.FAILED);
        assertThat(decode.deaths()).isEqualTo(1);
        assertThat(decode.answers()).isFalse();
        decode.restart();
        Heard again = call(decode, ask(1, 100, 1), KvLeg.ALONE);
        loop.runUntil(loop.now() + SECOND);
        assertThat(again.usages).hasSize(1);
    }

    @Test
    void paramsThatAreNotWholeHangAndKillTheEngineWhenTheLegIsAborted() {
        long id = ids;
        Heard heard = call(decode, ask(7, 100, 1), new KvLeg.Broken());
        loop.runUntil(100 * SECOND);
        assertThat(heard.failures).isEmpty();
        decode.abort(id, heard);
        loop.runUntil(101 * SECOND);
        assertThat(decode.deaths()).isEqualTo(1);
    }
}
