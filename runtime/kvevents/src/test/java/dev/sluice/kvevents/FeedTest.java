package dev.sluice.kvevents;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.kv.KvEngine;
import dev.sluice.core.kv.KvEventSink.Oddity;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

class FeedTest {
    private static final Limits LIMITS = new Limits(
            1 << 20, 1 << 20, 10_000, 8, Duration.ofSeconds(2), 3, Duration.ofMinutes(2), Duration.ofSeconds(30));
    private static final long SECOND = 1_000_000_000L;

    private final Told told = new Told();
    private final List<Long> asked = new ArrayList<>();
    private boolean busy;
    private final Feed.Replays replays = new Feed.Replays() {
        @Override
        public boolean ask(long from) {
            if (!busy) {
                asked.add(from);
            }
            return !busy;
        }

        @Override
        public void done() {}
    };
    private long now = 5;

    private Feed feed(boolean repeats) {
        return feed(repeats, Optional.empty());
    }

    private Feed feed(boolean repeats, Optional<KvEngine.Position> known) {
        Optional<String> replay = repeats ? Optional.of("tcp://x:2") : Optional.empty();
        return new Feed(new KvEngine("e", "tcp://x:1", replay, known), told, replays, LIMITS, now);
    }

    private void live(Feed feed, int from, int to) {
        for (int i = from; i <= to; i++) {
            feed.live(i, Payloads.empty(100 + i), now);
        }
    }

    private void replay(Feed feed, int from, int to) {
        for (int i = from; i <= to; i++) {
            feed.replayed(i, Payloads.empty(100 + i), now);
        }
        feed.replayEnded(now);
    }

    @Test
    void theFirstConnectionAsksForAllThatWasPublished() {
        Feed feed = feed(true);
        feed.connected(now);
        assertThat(asked).containsExactly(0L);
        live(feed, 3, 3);
        replay(feed, 0, 3);
        live(feed, 4, 4);
        assertThat(told.news()).containsExactly("whole", "0", "1", "2", "3", "live", "4");
    }

    @Test
    void anEngineThatHasPublishedNothingIsKnownWhole() {
        Feed feed = feed(true);
        feed.connected(now);
        feed.replayEnded(now);
        live(feed, 0, 1);
        assertThat(told.news()).containsExactly("whole", "live", "0", "1");
    }

    @Test
    void whatIsNoLongerKeptLeavesAPartialPicture() {
        Feed feed = feed(true);
        feed.connected(now);
        replay(feed, 40, 42);
        assertThat(told.news()).containsExactly("partial", "40", "41", "42", "live");
    }

    @Test
    void aGapIsFilledByAReplayAndNothingIsLiveMeanwhile() {
        Feed feed = feed(true);
        feed.connected(now);
        replay(feed, 0, 1);
        live(feed, 5, 6);
        assertThat(asked).containsExactly(0L, 2L);
        replay(feed, 2, 5);
        assertThat(told.news()).containsExactly("whole", "0", "1", "live", "stale", "2", "3", "4", "5", "live", "6");
        assertThat(told.count(Oddity.MISSED)).isEqualTo(3);
        assertThat(told.count(Oddity.REPLAYED)).isEqualTo(6);
    }

    @Test
    void aGapWithoutReplaysVoidsWhatIsKnown() {
        Feed feed = feed(false);
        feed.connected(now);
        live(feed, 0, 1);
        live(feed, 3, 3);
        assertThat(told.news()).containsExactly("whole", "live", "0", "1", "partial", "3");
    }

    @Test
    void joiningLateWithoutReplaysIsPartial() {
        Feed feed = feed(false);
        feed.connected(now);
        live(feed, 7, 8);
        assertThat(told.news()).containsExactly("partial", "live", "7", "8");
    }

    @Test
    void aSequenceThatFallsBackIsARestart() {
        Feed feed = feed(true);
        feed.connected(now);
        replay(feed, 0, 9);
        feed.live(0, Payloads.empty(500), now);
        assertThat(told.news().subList(11, 14)).containsExactly("live", "whole", "0");
        feed.live(1, Payloads.empty(501), now);
        assertThat(told.news()).endsWith("0", "1");
    }

    @Test
    void aRestartThatIsSeenLateIsReplayedFromItsBeginning() {
        Feed feed = feed(true);
        feed.connected(now);
        replay(feed, 0, 9);
        feed.live(2, Payloads.empty(502), now);
        assertThat(asked).containsExactly(0L, 0L);
        for (int i = 0; i < 3; i++) {
            feed.replayed(i, Payloads.empty(500 + i), now);
        }
        feed.replayEnded(now);
        assertThat(told.news()).endsWith("live", "stale", "whole", "0", "1", "2", "live");
    }

    @Test
    void stragglersAreNoRestart() {
        Feed feed = feed(true);
        feed.connected(now);
        replay(feed, 0, 9);
        live(feed, 4, 5);
        live(feed, 10, 10);
        assertThat(told.news()).endsWith("9", "live", "10");
        assertThat(told.count(Oddity.DUPLICATE)).isEqualTo(2);
    }

    @Test
    void anEngineWhoseClockWasSetBackStartsAgainToo() {
        Feed feed = feed(false);
        feed.connected(now);
        live(feed, 0, 9);
        for (int i = 0; i < 5; i++) {
            feed.live(i, Payloads.empty(50 + i), now);
        }
        assertThat(told.news()).endsWith("9", "partial", "3", "4");
    }

    @Test
    void aReconnectionToTheSameEngineLosesNothing() {
        Feed feed = feed(true);
        feed.connected(now);
        replay(feed, 0, 3);
        feed.disconnected();
        feed.connected(now);
        assertThat(asked).containsExactly(0L, 3L);
        replay(feed, 3, 5);
        assertThat(told.news()).containsExactly("whole", "0", "1", "2", "3", "live", "stale", "4", "5", "live");
    }

    @Test
    void aReconnectionToAnEngineThatForgotEverythingIsARestartBeforeItSaysAnything() {
        Feed feed = feed(true);
        feed.connected(now);
        replay(feed, 0, 3);
        feed.disconnected();
        feed.connected(now);
        feed.replayEnded(now);
        assertThat(asked).containsExactly(0L, 3L, 0L);
        feed.replayEnded(now);
        assertThat(told.news()).endsWith("stale", "whole", "whole", "live");
    }

    @Test
    void aReconnectionToAnEngineThatIsFurtherAlreadyIsARestartByItsClock() {
        Feed feed = feed(true);
        feed.connected(now);
        replay(feed, 0, 3);
        feed.disconnected();
        feed.connected(now);
        feed.replayed(3, Payloads.empty(503), now);
        assertThat(asked).containsExactly(0L, 3L, 0L);
        for (int i = 0; i < 5; i++) {
            feed.replayed(i, Payloads.empty(500 + i), now);
        }
        feed.replayEnded(now);
        assertThat(told.news()).endsWith("whole", "0", "1", "2", "3", "4", "live");
    }

    @Test
    void aReconnectionWithoutReplaysIsNotLiveUntilTheNextBatch() {
        Feed feed = feed(false);
        feed.connected(now);
        live(feed, 0, 3);
        feed.disconnected();
        feed.connected(now);
        assertThat(told.news()).endsWith("3", "stale");
        live(feed, 4, 4);
        assertThat(told.news()).endsWith("3", "stale", "live", "4");
    }

    @Test
    void aPositionFromASnapshotIsProvenBeforeItIsBelieved() {
        Feed feed = feed(true, Optional.of(new KvEngine.Position(6, 106)));
        feed.connected(now);
        assertThat(asked).containsExactly(6L);
        replay(feed, 6, 8);
        assertThat(told.news()).containsExactly("7", "8", "live");
    }

    @Test
    void aSnapshotOfAnotherLifeIsVoid() {
        Feed feed = feed(true, Optional.of(new KvEngine.Position(6, 106)));
        feed.connected(now);
        feed.replayed(6, Payloads.empty(700), now);
        replay(feed, 0, 1);
        assertThat(told.news()).containsExactly("whole", "whole", "0", "1", "live");
    }

    @Test
    void aReplayThatNobodyAnswersIsTriedThreeTimesAndThenLeft() {
        Feed feed = feed(true);
        feed.connected(now);
        live(feed, 8, 9);
        for (int i = 0; i < 3; i++) {
            now += 3 * SECOND;
            feed.tick(now);
        }
        assertThat(asked).containsExactly(0L, 0L, 0L);
        assertThat(told.news()).containsExactly("partial", "live", "8", "9");
        live(feed, 12, 12);
        assertThat(told.news()).endsWith("9", "partial", "12");
        now += 31 * SECOND;
        live(feed, 15, 15);
        assertThat(asked).hasSize(4);
    }

    @Test
    void aReplayThatStopsHalfwayGoesOnWhereItStopped() {
        Feed feed = feed(true);
        feed.connected(now);
        for (int i = 0; i < 5; i++) {
            feed.replayed(i, Payloads.empty(100 + i), now);
        }
        now += 3 * SECOND;
        feed.tick(now);
        assertThat(asked).containsExactly(0L, 5L);
        replay(feed, 5, 6);
        assertThat(told.news()).containsExactly("whole", "0", "1", "2", "3", "4", "5", "6", "live");
    }

    @Test
    void aReplayWaitsForItsTurn() {
        busy = true;
        Feed feed = feed(true);
        feed.connected(now);
        now += 60 * SECOND;
        feed.tick(now);
        assertThat(asked).isEmpty();
        busy = false;
        feed.tick(now);
        assertThat(asked).containsExactly(0L);
        replay(feed, 0, 0);
        assertThat(told.news()).containsExactly("whole", "0", "live");
    }

    @Test
    void moreThanCanBeHeldBackIsAskedForAgain() {
        Feed feed = feed(true);
        feed.connected(now);
        live(feed, 0, 2000);
        replay(feed, 0, 100);
        assertThat(asked).hasSize(1);
        live(feed, 2001, 2001);
        assertThat(asked).hasSize(2);
        replay(feed, (int) (long) asked.getLast(), 2001);
        assertThat(told.news()).endsWith("2000", "2001", "live");
        assertThat(told.news().stream().filter(news -> Character.isDigit(news.charAt(0))))
                .doesNotHaveDuplicates()
                .hasSize(2002);
    }

    @Test
    void newsWaitWhileThereIsNoRoom() {
        Feed feed = feed(false);
        feed.connected(now);
        told.full(true);
        live(feed, 0, 3);
        assertThat(feed.waits()).isTrue();
        assertThat(told.news()).isEmpty();
        told.full(false);
        assertThat(feed.waits()).isFalse();
        assertThat(told.news()).containsExactly("whole", "live", "0", "1", "2", "3");
    }

    @Test
    void aMalformedBatchTakesItsNumberWithIt() {
        Feed feed = feed(false);
        feed.connected(now);
        live(feed, 0, 0);
        feed.live(1, new byte[] {1, 2, 3}, now);
        live(feed, 2, 2);
        assertThat(told.news()).containsExactly("whole", "live", "0", "2");
        assertThat(told.count(Oddity.MALFORMED)).isEqualTo(1);
    }

    @Test
    void askedForAgainEverythingIsToldAgain() {
        Feed feed = feed(true);
        feed.connected(now);
        replay(feed, 0, 2);
        feed.resync(now);
        replay(feed, 0, 3);
        assertThat(told.news())
                .containsExactly("whole", "0", "1", "2", "live", "stale", "whole", "0", "1", "2", "3", "live");
    }

    /** Whatever is lost, repeated, or late: between two resets numbers only go up by one, and at the end all is there. */
    @Test
    void newsHaveNoGapsWhateverTheNetworkDoes() {
        for (int seed = 0; seed < 300; seed++) {
            new Chaos(new Random(seed)).run();
        }
    }

    private final class Chaos {
        private final Random random;
        private final Told sink = new Told();
        private int published;
        private int replayAt = -1;
        /** Questions so far: what answers an earlier one does not arrive any more. */
        private int asks;

        private double life = 1000;

        Chaos(Random random) {
            this.random = random;
        }

        void run() {
            Feed.Replays answers = new Feed.Replays() {
                @Override
                public boolean ask(long from) {
                    replayAt = (int) from;
                    asks++;
                    return true;
                }

                @Override
                public void done() {
                    replayAt = -1;
                }
            };
            KvEngine engine = new KvEngine("e", "tcp://x:1", Optional.of("tcp://x:2"), Optional.empty());
            Feed feed = new Feed(engine, sink, answers, LIMITS, now);
            feed.connected(now);
            for (int step = 0; step < 400; step++) {
                step(feed);
            }
            for (int i = 0; i < 6; i++) {
                answer(feed, true);
                publish(feed, true);
                now += 40 * SECOND;
                feed.tick(now);
                answer(feed, true);
            }
            check();
        }

        private void step(Feed feed) {
            int dice = random.nextInt(100);
            if (dice < 60) {
                publish(feed, random.nextInt(10) > 0);
            } else if (dice < 85) {
                answer(feed, random.nextInt(4) > 0);
            } else if (dice < 90 && published > 0) {
                int old = random.nextInt(published);
                feed.live(old, Payloads.empty(life + old), now);
            } else if (dice < 93) {
                now += 3 * SECOND;
                feed.tick(now);
            } else if (dice < 96) {
                feed.disconnected();
                feed.connected(now);
            } else if (dice == 96) {
                published = 0;
                life += 1_000_000;
                feed.disconnected();
                feed.connected(now);
            }
        }

        private void publish(Feed feed, boolean arrives) {
            int number = published++;
            if (arrives) {
                feed.live(number, Payloads.empty(life + number), now);
            }
        }

        /** Answers what was asked, perhaps not to its end. */
        private void answer(Feed feed, boolean all) {
            int from = replayAt;
            int question = asks;
            for (int i = from; from >= 0 && i < published && replayAt >= 0; i++) {
                feed.replayed(i, Payloads.empty(life + i), now);
                if (asks != question) {
                    return;
                }
                if (!all && random.nextInt(3) == 0) {
                    return;
                }
            }
            if (from >= 0 && replayAt >= 0) {
                feed.replayEnded(now);
            }
        }

        private void check() {
            int due = -1;
            for (String what : sink.news()) {
                if (what.equals("whole") || what.equals("partial")) {
                    due = what.equals("whole") ? 0 : -1;
                } else if (Character.isDigit(what.charAt(0))) {
                    int number = Integer.parseInt(what);
                    assertThat(number).as("%s", sink.news()).isEqualTo(due < 0 ? number : due);
                    due = number + 1;
                }
            }
            assertThat(due).as("%s", sink.news()).isEqualTo(published);
            assertThat(sink.news().lastIndexOf("live"))
                    .isGreaterThan(sink.news().lastIndexOf("stale"));
        }
    }
}
