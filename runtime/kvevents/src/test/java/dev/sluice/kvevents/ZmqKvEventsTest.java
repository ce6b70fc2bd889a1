package dev.sluice.kvevents;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sluice.core.kv.KvEngine;
import dev.sluice.core.kv.KvEventSink.Oddity;
import dev.sluice.core.kv.KvEventSource.Subscription;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Real sockets. */
@Timeout(60)
@SuppressWarnings("try")
class ZmqKvEventsTest {
    private final ZmqKvEvents reader = new ZmqKvEvents(new Limits(
            1 << 20, 64L << 20, 8 << 20, 8, Duration.ofSeconds(2), 3, Duration.ofMinutes(2), Duration.ofSeconds(30)));
    private final Told told = new Told();

    @AfterEach
    void close() {
        reader.close();
    }

    private static KvEngine engine(FakePublisher publisher) {
        return new KvEngine("e", publisher.events(), Optional.of(publisher.replays()), Optional.empty());
    }

    private static byte[] batch(int number) {
        return Payloads.empty(1000 + number);
    }

    @Test
    void repliesOfFourAndOfFiveFramesAreUnderstood() throws Exception {
        for (boolean withTopic : new boolean[] {false, true}) {
            Told own = new Told();
            try (FakePublisher publisher = new FakePublisher(withTopic)) {
                publisher.lose(batch(0));
                publisher.lose(batch(1));
                try (Subscription subscription = reader.subscribe(engine(publisher), own)) {
                    publisher.awaitSubscriber();
                    own.awaitNews("whole", "0", "1", "live");
                    publisher.publish(batch(2));
                    own.awaitNews("live", "2");
                    publisher.lose(batch(3));
                    publisher.publish(batch(4));
                    own.awaitNews("2", "stale", "3", "4", "live");
                }
            }
        }
    }

    @Test
    void aRealServersReplayIsUnderstood() throws Exception {
        try (FakePublisher publisher = new FakePublisher(true)) {
            JsonNode replay = Captures.json("replay-cbor-seed0.json").get("0").get("first_two");
            for (JsonNode frames : replay) {
                publisher.lose(Captures.hex(frames.get(3).textValue()));
            }
            try (Subscription subscription = reader.subscribe(engine(publisher), told)) {
                told.awaitNews("whole", "0", "1", "live");
                assertThat(told.events()).hasSize(2);
            }
        }
    }

    @Test
    void anEngineThatStartsAgainIsNoticedAtOnce() throws Exception {
        FakePublisher first = new FakePublisher(true);
        int events = first.eventsPort();
        int replays = first.replayPort();
        try (Subscription subscription = reader.subscribe(engine(first), told)) {
            first.awaitSubscriber();
            told.awaitNews("whole", "live");
            first.publish(batch(0));
            first.publish(batch(1));
            told.awaitNews("0", "1");
            first.close();
            told.awaitNews("1", "stale");
            try (FakePublisher second = new FakePublisher(true, events, replays)) {
                told.awaitNews("stale", "whole", "whole", "live");
                second.awaitSubscriber();
                second.publish(batch(500));
                told.awaitNews("live", "0");
            }
        }
    }

    @Test
    void aCutConnectionToTheSameEngineLosesNothing() throws Exception {
        try (FakePublisher publisher = new FakePublisher(true)) {
            publisher.lose(batch(0));
            try (Subscription subscription = reader.subscribe(engine(publisher), told)) {
                told.awaitNews("whole", "0", "live");
            }
        }
        try (FakePublisher again = new FakePublisher(true)) {
            for (int i = 0; i < 5; i++) {
                again.lose(batch(i));
            }
            Told own = new Told();
            KvEngine known = new KvEngine(
                    "e", again.events(), Optional.of(again.replays()), Optional.of(new KvEngine.Position(2, 1002)));
            try (Subscription subscription = reader.subscribe(known, own)) {
                own.awaitNews("3", "4", "live");
                assertThat(own.news()).containsExactly("3", "4", "live");
            }
        }
    }

    @Test
    void garbageIsCountedAndTheRestIsRead() throws Exception {
        try (FakePublisher publisher = new FakePublisher(true);
                Subscription subscription = reader.subscribe(engine(publisher), told)) {
            publisher.awaitSubscriber();
            told.awaitNews("whole", "live");
            publisher.raw(new byte[] {1});
            publisher.raw(new byte[0], new byte[7], batch(0));
            publisher.raw(new byte[0], new byte[8], batch(0), new byte[3]);
            byte[][] many = new byte[500][0];
            publisher.raw(many);
            publisher.publish(new byte[] {(byte) 0x93, 1, 2});
            publisher.publish(batch(1));
            told.awaitNews("live", "1");
            assertThat(told.count(Oddity.MALFORMED)).isEqualTo(5);
        }
    }

    @Test
    void anEngineThatFloodsCostsTheOthersNothing() throws Exception {
        Told flooded = new Told();
        flooded.full(true);
        try (FakePublisher flood = new FakePublisher(true);
                FakePublisher good = new FakePublisher(true);
                Subscription one = reader.subscribe(
                        new KvEngine("flood", flood.events(), Optional.empty(), Optional.empty()), flooded);
                Subscription two = reader.subscribe(engine(good), told)) {
            flood.awaitSubscriber();
            good.awaitSubscriber();
            told.awaitNews("whole", "live");
            byte[] large = Payloads.stored(
                    5, 0, java.util.stream.LongStream.range(1, 2000).toArray());
            for (int i = 0; i < 20_000; i++) {
                flood.send(i, large);
                if (i % 2000 == 0) {
                    good.publish(batch(i / 2000));
                }
            }
            told.awaitNews("7", "8", "9");
            assertThat(flooded.news()).isEmpty();
        }
    }

    @Test
    void aMessageBeyondTheLimitEndsTheConnectionAndNotTheReader() throws Exception {
        try (FakePublisher publisher = new FakePublisher(true);
                FakePublisher good = new FakePublisher(true);
                Subscription one = reader.subscribe(engine(publisher), new Told());
                Subscription two = reader.subscribe(engine(good), told)) {
            publisher.awaitSubscriber();
            good.awaitSubscriber();
            told.awaitNews("whole", "live");
            publisher.send(0, new byte[2 << 20]);
            good.publish(batch(0));
            told.awaitNews("live", "0");
        }
    }

    @Test
    void anEngineThatIsNotThereYetIsFoundWhenItComes() throws Exception {
        FakePublisher place = new FakePublisher(true);
        KvEngine engine = engine(place);
        int events = place.eventsPort();
        int replays = place.replayPort();
        place.close();
        try (Subscription subscription = reader.subscribe(engine, told);
                FakePublisher late = new FakePublisher(true, events, replays)) {
            late.lose(batch(0));
            told.awaitNews("0", "live");
        }
    }

    @Test
    void askedForAgainAnEngineTellsEverythingAgain() throws Exception {
        try (FakePublisher publisher = new FakePublisher(true)) {
            publisher.lose(batch(0));
            try (Subscription subscription = reader.subscribe(engine(publisher), told)) {
                told.awaitNews("whole", "0", "live");
                subscription.resync();
                told.awaitNews("live", "stale", "whole", "0", "live");
            }
        }
    }

    @Test
    void addressesThatCanNotBeUsedAreRefused() {
        for (String address : new String[] {"http://x:1", "tcp://x", "tcp://*:5557", "ipc:///tmp/x", "tcp://x:99999"}) {
            KvEngine engine = new KvEngine("e", address, Optional.empty(), Optional.empty());
            assertThatThrownBy(() -> reader.subscribe(engine, told)).isInstanceOf(IllegalArgumentException.class);
        }
    }
}
