package dev.sluice.core.peers;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.peers.PeerMessage.Chain;
import dev.sluice.core.peers.PeerMessage.Row;
import dev.sluice.core.peers.Sharing.Outcome;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Replicas on a network that loses, doubles, delays and reorders, and is cut in two; and somebody who records it all. */
class SharingTest {
    private static final long MS = 1_000_000;
    private static final long EVERY = 250 * MS;
    private static final long STALE = 2000 * MS;

    /** A replica and what it has been told. */
    private static final class Replica implements Sharing.In {
        final long id;
        final Sharing sharing;
        final Map<Long, PeerLoad> own = new TreeMap<>();
        final List<Chain> prefixes = new ArrayList<>();
        final List<PeerMessage> asked = new ArrayList<>();
        final Map<Outcome, Integer> outcomes = new EnumMap<>(Outcome.class);
        boolean alive = true;

        Replica(long id) {
            this.id = id;
            this.sharing = new Sharing(new Sharing.Settings(id, STALE, 1 << 16, 1 << 18));
        }

        @Override
        public void loads() {}

        @Override
        public void prefix(Chain chain) {
            prefixes.add(chain);
        }

        @Override
        public void quotas(long from, PeerMessage.Quotas quotas) {
            asked.add(quotas);
        }

        @Override
        public void left(long from) {
            asked.add(new PeerMessage.Bye());
        }

        @Override
        public void question(long from, PeerMessage.Question question) {
            asked.add(question);
        }

        @Override
        public void answer(PeerMessage.Answer answer) {
            asked.add(answer);
        }

        Outcome receives(long from, byte[] bytes, long now) {
            Outcome outcome = sharing.received(from, bytes, now, this);
            outcomes.merge(outcome, 1, Integer::sum);
            return outcome;
        }

        List<Row> rows() {
            return own.entrySet().stream()
                    .map(e -> new Row(e.getKey(), e.getValue()))
                    .toList();
        }
    }

    private record Packet(long from, long to, byte[] bytes, long at) {}

    /** All of them, and what is on its way. */
    private static final class World {
        final SplittableRandom random;
        final Map<Long, Replica> replicas = new LinkedHashMap<>();
        final List<Packet> wire = new ArrayList<>();
        final List<Packet> recorded = new ArrayList<>();
        final Set<Long> cutOff = new LinkedHashSet<>();
        double loss;
        double doubled;
        long delay;
        long now;

        World(long seed, int count) {
            random = new SplittableRandom(seed);
            for (long id = 1; id <= count; id++) {
                replicas.put(id, new Replica(id));
            }
            everybodySees();
        }

        Replica replica(long id) {
            return Objects.requireNonNull(replicas.get(id));
        }

        void everybodySees() {
            replicas.values().forEach(replica -> replica.sharing.members(replicas.keySet()));
        }

        void send(long from, long to, byte[] bytes) {
            recorded.add(new Packet(from, to, bytes, now));
            if (cutOff.contains(from) != cutOff.contains(to)) {
                return;
            }
            int copies = random.nextDouble() < loss ? 0 : random.nextDouble() < doubled ? 2 : 1;
            for (int i = 0; i < copies; i++) {
                wire.add(new Packet(from, to, bytes, now + (delay == 0 ? 0 : random.nextLong(delay))));
            }
        }

        void tick() {
            now += EVERY;
            for (Replica replica : replicas.values()) {
                if (replica.alive) {
                    replica.sharing.tell(replica.rows(), (to, bytes) -> send(replica.id, to, bytes));
                }
            }
            List<Packet> due =
                    new ArrayList<>(wire.stream().filter(p -> p.at() <= now).toList());
            wire.removeAll(due);
            for (int i = due.size() - 1; i > 0; i--) {
                due.set(i, due.set(random.nextInt(i + 1), due.get(i)));
            }
            for (Packet packet : due) {
                Replica to = replicas.get(packet.to());
                if (to != null && to.alive) {
                    to.receives(packet.from(), packet.bytes(), now);
                }
            }
            replicas.values().forEach(replica -> replica.sharing.expire(now));
        }

        void ticks(int count) {
            for (int i = 0; i < count; i++) {
                tick();
            }
        }

        void randomLoad() {
            for (Replica replica : replicas.values()) {
                replica.own.clear();
                for (long endpoint = 0; endpoint < 30; endpoint++) {
                    if (random.nextBoolean()) {
                        replica.own.put(
                                endpoint * 0x9E3779B97F4A7C15L,
                                new PeerLoad(random.nextInt(1, 50), random.nextInt(9000), 1, 1, 1));
                    }
                }
            }
        }

        PeerLoad truth(long endpoint, long without) {
            PeerLoad sum = PeerLoad.NONE;
            for (Replica replica : replicas.values()) {
                if (replica.id != without && replica.alive) {
                    sum = sum.plus(replica.own.getOrDefault(endpoint, PeerLoad.NONE));
                }
            }
            return sum;
        }

        void assertEverybodyKnowsTheTruth() {
            for (Replica replica : replicas.values()) {
                for (long e = 0; e < 30 && replica.alive; e++) {
                    long endpoint = e * 0x9E3779B97F4A7C15L;
                    assertThat(replica.sharing.load(endpoint)).isEqualTo(truth(endpoint, replica.id));
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void everybodyKnowsTheLoadOfAllOthers(long seed) {
        World world = new World(seed, 4);
        for (int i = 0; i < 20; i++) {
            world.randomLoad();
            world.tick();
            world.assertEverybodyKnowsTheTruth();
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void afterAnyLossDoublingAndReorderingTheNextWordMakesItGood(long seed) {
        World world = new World(seed, 4);
        world.loss = 0.3;
        world.doubled = 0.3;
        world.delay = 1500 * MS;
        for (int i = 0; i < 40; i++) {
            world.randomLoad();
            world.tick();
        }
        world.loss = 0;
        world.ticks(7); // what is late has come, and what came late has been overtaken
        world.delay = 0;
        world.tick();
        world.assertEverybodyKnowsTheTruth();
        assertThat(world.replica(1L).outcomes.get(Outcome.DUPLICATE)).isPositive();
    }

    @Test
    void whoDiesTakesItsLoadAlongWithinTheStalenessAndWhoEndsDoesSoAtOnce() {
        World world = new World(1, 3);
        world.randomLoad();
        world.tick();
        Replica dies = world.replica(3L);
        dies.alive = false;
        world.ticks((int) (STALE / EVERY));
        assertThat(world.replica(1L).sharing.present()).isEqualTo(2);
        world.tick();
        assertThat(world.replica(1L).sharing.present()).isEqualTo(1);
        world.assertEverybodyKnowsTheTruth();

        Replica ends = world.replica(2L);
        ends.sharing.sayToAll(new PeerMessage.Bye(), (to, bytes) -> {
            if (to == 1) {
                world.replica(1L).receives(2, bytes, world.now);
            }
        });
        assertThat(world.replica(1L).sharing.present()).isZero();
        assertThat(world.replica(1L).asked).containsExactly(new PeerMessage.Bye());
    }

    @Test
    void inAPartitionEachSideHasItsOwnPictureAndAfterItTheWhole() {
        World world = new World(2, 4);
        world.randomLoad();
        world.tick();
        world.cutOff.addAll(Set.of(1L, 2L));
        world.ticks(9);
        assertThat(world.replica(1L).sharing.present()).isEqualTo(1);
        assertThat(world.replica(4L).sharing.present()).isEqualTo(1);
        long endpoint = world.replica(2L).own.keySet().iterator().next();
        assertThat(world.replica(1L).sharing.load(endpoint))
                .isEqualTo(world.replica(2L).own.get(endpoint));
        world.cutOff.clear();
        world.tick();
        world.assertEverybodyKnowsTheTruth();
    }

    @Test
    void whatWasRecordedChangesNothingWhenItIsSentAgainToWhomeverAndByWhomever() {
        World world = new World(3, 3);
        for (int i = 0; i < 10; i++) {
            world.randomLoad();
            world.replica(1L).sharing.sent(5, new long[] {i, i + 1}, 2, world.now);
            world.tick();
        }
        // A replica that is started anew has another number, drawn at random.
        Replica anew = new Replica(99);
        world.replicas.put(99L, anew);
        world.everybodySees();
        int before = world.replica(2L).prefixes.size();
        assertThat(before).isPositive();
        List<Packet> all = List.copyOf(world.recorded);
        for (Packet packet : all) {
            for (Replica replica : world.replicas.values()) {
                for (long from : List.of(packet.from(), 77L)) {
                    Outcome outcome = replica.receives(from, packet.bytes(), world.now);
                    assertThat(outcome)
                            .as("to %d as %d", replica.id, from)
                            .isIn(Outcome.DUPLICATE, Outcome.MISDIRECTED);
                }
            }
        }
        assertThat(anew.prefixes).isEmpty();
        assertThat(anew.sharing.present()).isZero();
        assertThat(world.replica(2L).prefixes).hasSize(before);
        world.tick();
        world.assertEverybodyKnowsTheTruth();
    }

    @Test
    void replayedByTheSameSenderNothingCountsTwice() {
        World world = new World(4, 2);
        world.randomLoad();
        world.replica(1L).sharing.sent(5, new long[] {1, 2}, 2, world.now);
        world.ticks(3);
        world.replica(1L).own.clear();
        world.tick();
        Replica two = world.replica(2L);
        int told = two.prefixes.size();
        List<Packet> all = List.copyOf(world.recorded);
        for (Packet packet : all) {
            if (packet.to() == 2) {
                assertThat(two.receives(1, packet.bytes(), world.now)).isEqualTo(Outcome.DUPLICATE);
            }
        }
        assertThat(two.prefixes).hasSize(told);
        world.assertEverybodyKnowsTheTruth();
    }

    @Test
    void anotherVersionIsIgnoredAndSoAreWeByIt() {
        World world = new World(5, 2);
        world.randomLoad();
        world.tick();
        Replica one = world.replica(1L);
        PeerLoad before = one.sharing.load(0x9E3779B97F4A7C15L);
        for (Packet packet : List.copyOf(world.recorded)) {
            byte[] other = packet.bytes().clone();
            other[1] = (byte) (PeerCodec.VERSION + 1);
            assertThat(one.receives(packet.from(), other, world.now)).isEqualTo(Outcome.VERSION);
            other[1] = (byte) (PeerCodec.VERSION - 1);
            assertThat(one.receives(packet.from(), other, world.now)).isEqualTo(Outcome.VERSION);
        }
        assertThat(one.sharing.load(0x9E3779B97F4A7C15L)).isEqualTo(before);
    }

    @Test
    void aNewcomerIsToldWhatTheOthersStillKnow() {
        World world = new World(6, 2);
        for (int i = 0; i < 200; i++) {
            long[] chain = world.random.longs(100).toArray();
            world.replica(1L).sharing.sent(5, chain, 100, world.now);
            if (i % 10 == 9) {
                world.tick();
            }
        }
        assertThat(world.replica(2L).prefixes).hasSizeGreaterThanOrEqualTo(200);
        Replica late = new Replica(9);
        world.replicas.put(9L, late);
        world.everybodySees();
        world.ticks(4);
        assertThat(late.prefixes.stream()
                        .map(chain -> chain.hashes()[99])
                        .distinct()
                        .count())
                .isEqualTo(200);
    }

    @Test
    void questionsAndAnswersFindTheirWay() {
        World world = new World(7, 3);
        world.tick();
        Replica asks = world.replica(1L);
        asks.sharing.sayToAll(new PeerMessage.Question(42, 43), (to, bytes) -> world.send(1, to, bytes));
        world.tick();
        Replica knows = world.replica(3L);
        assertThat(knows.asked).contains(new PeerMessage.Question(42, 43));
        knows.sharing.say(
                1, new PeerMessage.Answer(42, new byte[] {'{', '}'}), (to, bytes) -> world.send(3, to, bytes));
        world.tick();
        assertThat(asks.asked)
                .singleElement()
                .isInstanceOfSatisfying(
                        PeerMessage.Answer.class,
                        answer -> assertThat(answer.number()).isEqualTo(42));
    }

    @Test
    void aFleetLargerThanOneMessageIsToldInParts() {
        World world = new World(8, 2);
        Replica one = world.replica(1L);
        for (int i = 0; i < 2500; i++) {
            one.own.put(world.random.nextLong(), new PeerLoad(i + 1, 1, 1, 1, 1));
        }
        world.tick();
        one.own.forEach((endpoint, load) ->
                assertThat(world.replica(2L).sharing.load(endpoint)).isEqualTo(load));
        Map<Long, PeerLoad> before = new TreeMap<>(one.own);
        one.own.clear();
        one.own.put(5L, new PeerLoad(1, 1, 1, 1, 1));
        world.tick();
        before.keySet()
                .forEach(endpoint ->
                        assertThat(world.replica(2L).sharing.load(endpoint)).isEqualTo(PeerLoad.NONE));
        assertThat(world.replica(2L).sharing.load(5)).isEqualTo(new PeerLoad(1, 1, 1, 1, 1));
    }
}
