package dev.sluice.core.quota;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Replicas that share one tenant's limits, on a network that loses, doubles, delays and is cut in two; in virtual time. */
class SharedQuotaTest {
    private static final long MS = 1_000_000;
    private static final long SECOND = 1000 * MS;
    private static final long EVERY = 250 * MS;
    private static final long LEASE = Meter.lease(600_000);

    private record Words(long from, long to, long at, long round, long heard, List<Use> uses) {}

    private record Running(Node node, Hold hold, long ends, long cost) {}

    private static final class Node {
        final long id;
        final Quota quota;
        final Replicas replicas;
        boolean alive = true;
        long admitted;
        long settled;

        Node(long id, Limits limits, long now) {
            this.id = id;
            this.quota = new Quota(limits, Map.of(), now);
            this.replicas = new Replicas(now);
        }
    }

    private static final class World {
        final SplittableRandom random;
        final Limits limits;
        final boolean deny;
        final List<Node> nodes = new ArrayList<>();
        final PriorityQueue<Words> wire = new PriorityQueue<>(Comparator.comparingLong(Words::at));
        final PriorityQueue<Running> running = new PriorityQueue<>(Comparator.comparingLong(Running::ends));
        final Set<Long> cutOff = new LinkedHashSet<>();
        double loss;
        double doubled;
        long delay = 5 * MS;
        long now = SECOND;
        long nextTell = now;
        long largest;

        World(long seed, int count, Limits limits, boolean deny) {
            this.random = new SplittableRandom(seed);
            this.limits = limits;
            this.deny = deny;
            for (int i = 1; i <= count; i++) {
                nodes.add(new Node(i, limits, now));
            }
        }

        /** Time passes: what is due is told, heard and settled. */
        void pass(long nanos) {
            long end = now + nanos;
            while (now < end) {
                now = Math.min(end, now + MS);
                while (!running.isEmpty() && running.peek().ends() <= now) {
                    settle(running.poll());
                }
                if (now >= nextTell) {
                    nodes.forEach(this::tell);
                    nextTell = now + EVERY;
                } else if (now / MS % 5 == 0) {
                    nodes.stream().filter(n -> n.quota.urgent()).forEach(this::tell);
                }
                while (!wire.isEmpty() && wire.peek().at() <= now) {
                    hear(wire.poll());
                }
            }
        }

        private void settle(Running one) {
            if (one.node().alive) {
                one.node().quota.settle(one.hold(), one.cost(), now);
                one.node().settled += one.cost();
            }
        }

        private void tell(Node node) {
            if (!node.alive) {
                return;
            }
            List<Use> uses = node.quota.tell(node.replicas.nextRound(), now);
            node.quota.share(node.replicas.share(now), deny, now);
            for (Node other : nodes) {
                if (other == node || cutOff.contains(node.id) != cutOff.contains(other.id)) {
                    continue;
                }
                int copies = random.nextDouble() < loss ? 0 : random.nextDouble() < doubled ? 2 : 1;
                for (int i = 0; i < copies; i++) {
                    wire.add(new Words(
                            node.id,
                            other.id,
                            now + random.nextLong(delay) + 1,
                            node.replicas.round(),
                            node.replicas.heardOf(other.id),
                            uses));
                }
            }
        }

        private void hear(Words words) {
            Node to = nodes.get((int) words.to() - 1);
            if (!to.alive) {
                return;
            }
            Replicas.Heard how = to.replicas.heard(words.from(), words.round(), words.heard(), now);
            if (how == Replicas.Heard.OLD) {
                return;
            }
            if (how == Replicas.Heard.FIRST) {
                to.quota.mark(to.replicas.round());
            }
            to.quota.share(to.replicas.share(now), deny, now);
            words.uses().forEach(use -> to.quota.heard(words.from(), use, how, now));
        }

        Optional<Exceeded> ask(Node node, long tokens, long cost, long takes) {
            Quota.Reserved reserved = node.quota.reserve("m", tokens, now);
            reserved.hold().ifPresent(hold -> {
                node.admitted += tokens;
                largest = Math.max(largest, tokens);
                running.add(new Running(node, hold, now + takes, cost));
            });
            return reserved.exceeded();
        }

        /** As many as anybody lets through, at random ones. */
        void flood(long nanos) {
            long end = now + nanos;
            while (now < end) {
                for (int i = 0; i < 20; i++) {
                    Node node = nodes.get(random.nextInt(nodes.size()));
                    if (node.alive) {
                        long tokens = random.nextLong(1, 4000);
                        ask(node, tokens, tokens, random.nextLong(SECOND) + MS);
                    }
                }
                pass(2 * MS);
            }
        }

        long admitted() {
            return nodes.stream().mapToLong(n -> n.admitted).sum();
        }

        void meet() {
            pass(2 * SECOND);
        }
    }

    /** Most that may have been let through since the buckets were full. */
    private static long allowed(World world, long since, int leases) {
        return world.limits.tokensPerMinute()
                + world.limits.tokensPerMinute() * (world.now - since) / (60 * SECOND)
                + leases * Math.max(LEASE, world.largest);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void allTogetherPassTheLimitByOneLeaseEachAtMostWhateverTheNetworkDoes(long seed) {
        World world = new World(seed, 4, new Limits(0, 600_000, 0), false);
        world.meet();
        world.loss = 0.2;
        world.doubled = 0.2;
        world.delay = 300 * MS;
        long since = world.now;
        for (int i = 0; i < 30; i++) {
            world.flood(SECOND);
            assertThat(world.admitted()).isLessThanOrEqualTo(allowed(world, since, 4));
        }
        assertThat(world.admitted())
                .as("and what is there is used")
                .isGreaterThan(world.limits.tokensPerMinute() * 13 / 10);
    }

    @Test
    void aloneAndTogetherTheSameIsLetThrough() {
        World one = new World(7, 1, new Limits(0, 600_000, 0), false);
        one.pass(6 * SECOND);
        one.flood(30 * SECOND);
        World four = new World(7, 4, new Limits(0, 600_000, 0), false);
        four.pass(6 * SECOND);
        four.flood(30 * SECOND);
        assertThat((double) four.admitted() / one.admitted()).isBetween(0.97, 1.07);
    }

    @ParameterizedTest
    @ValueSource(longs = {11, 12, 13})
    void nothingDriftsOverManyRequestsThatCostOtherThanWasSetAside(long seed) {
        World world = new World(seed, 3, new Limits(1_000_000, 1_000_000_000, 0), false);
        world.meet();
        world.loss = 0.1;
        world.doubled = 0.1;
        world.delay = 100 * MS;
        long let = 0;
        for (int i = 0; i < 40_000; i++) {
            Node node = world.nodes.get(world.random.nextInt(3));
            long tokens = world.random.nextLong(1, 2000);
            let += world.ask(node, tokens, world.random.nextLong(0, 2500), world.random.nextLong(300 * MS))
                            .isEmpty()
                    ? 1
                    : 0;
            if (i % 20 == 0) {
                world.pass(MS);
            }
        }
        world.loss = 0;
        world.pass(5 * SECOND);
        assertThat(let).isGreaterThan(39_000);
        assertThat(world.running).isEmpty();
        // Everybody knows of every token.
        long settled = world.nodes.stream().mapToLong(node -> node.settled).sum();
        for (Node node : world.nodes) {
            assertThat(node.quota.settledTokens()).isEqualTo(node.settled);
            assertThat(node.quota.inFlight()).isZero();
            assertThat(node.quota.knownTokens()).isEqualTo(settled);
        }
        world.pass(62 * SECOND);
        assertThat(world.nodes)
                .allSatisfy(node -> assertThat(
                                node.quota.standing(world.now).tokens().left())
                        .isEqualTo(1_000_000_000));
    }

    @ParameterizedTest
    @ValueSource(longs = {21, 22, 23})
    void inAPartitionEachSideGivesItsPart(long seed) {
        World world = new World(seed, 4, new Limits(0, 600_000, 0), false);
        world.meet();
        world.cutOff.addAll(Set.of(1L, 2L));
        world.pass(3 * SECOND);
        long since = world.now;
        world.flood(30 * SECOND);
        // Until the silence was noticed, a lease each; then half on either side.
        assertThat(world.admitted()).isLessThanOrEqualTo(allowed(world, since, 4));
        assertThat(world.nodes).allSatisfy(node -> assertThat(node.admitted).isGreaterThan(100_000));
        world.cutOff.clear();
        world.flood(30 * SECOND);
        assertThat(world.admitted()).isLessThanOrEqualTo(allowed(world, since, 8));
    }

    @Test
    void whereThatIsDeniedAPartitionLeavesEachItsLeaseUntilItIsOver() {
        World world = new World(31, 4, new Limits(0, 600_000, 0), true);
        world.meet();
        world.cutOff.addAll(Set.of(1L, 2L));
        world.flood(30 * SECOND);
        assertThat(world.nodes)
                .allSatisfy(node -> assertThat(node.admitted).isLessThanOrEqualTo(Math.max(LEASE, world.largest)));
        world.cutOff.clear();
        long before = world.admitted();
        world.flood(10 * SECOND);
        assertThat(world.admitted() - before).isGreaterThan(300_000);
    }

    /** Answers that grow take nothing that the limit of all together does not have. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void anAnswerThatGrowsStaysWithinTheLease(boolean deny) {
        World world = new World(35, 4, new Limits(0, 600_000, 0), deny);
        world.meet();
        List<Hold> holds = new ArrayList<>();
        for (Node node : world.nodes) {
            holds.add(node.quota.reserve("m", 10, world.now).hold().orElseThrow());
        }
        world.pass(SECOND);
        world.cutOff.addAll(Set.of(1L, 2L));
        long since = world.now;
        long[] costs = {10, 10, 10, 10};
        long[] cutAt = new long[4];
        for (int i = 0; i < 10_000; i++) {
            for (int n = 0; n < 4; n++) {
                if (cutAt[n] == 0) {
                    boolean goesOn = world.nodes.get(n).quota.extend(holds.get(n), costs[n] + 20, 64, world.now);
                    costs[n] += goesOn ? 20 : 0;
                    cutAt[n] = goesOn ? 0 : world.now - since;
                }
            }
            world.pass(MS);
            assertThat(costs[0] + costs[1] + costs[2] + costs[3])
                    .isLessThanOrEqualTo(deny ? 4 * (LEASE + 64) : allowed(world, since, 4));
        }
        // At 20,000 tokens a second each: what all have was used up long ago.
        for (long at : cutAt) {
            assertThat(at).isBetween(MS, 10 * SECOND);
        }
    }

    @Test
    void amongReplicasThatHearEachOtherNoAnswerIsCutBeforeTheLimit() {
        World world = new World(36, 4, new Limits(0, 600_000, 0), false);
        world.meet();
        Node node = world.nodes.getFirst();
        Hold hold = node.quota.reserve("m", 10, world.now).hold().orElseThrow();
        long cost = 10;
        while (node.quota.extend(hold, cost + 20, 64, world.now)) {
            cost += 20;
            world.pass(MS);
        }
        assertThat(cost).isGreaterThan(600_000);
    }

    @Test
    void whoDiesIsTakenForEndedAfterAMinuteAndItsRequestsAreOver() {
        World world = new World(41, 2, new Limits(0, 0, 10), false);
        world.meet();
        Node stays = world.nodes.getFirst();
        Node dies = world.nodes.get(1);
        for (int i = 0; i < 5; i++) {
            assertThat(world.ask(dies, 1, 1, 3600 * SECOND)).isEmpty();
            assertThat(world.ask(stays, 1, 1, 3600 * SECOND)).isEmpty();
            world.pass(300 * MS);
        }
        assertThat(world.ask(stays, 1, 1, SECOND)).as("ten are running").isPresent();
        dies.alive = false;
        world.pass(4 * SECOND);
        assertThat(world.ask(stays, 1, 1, SECOND)).as("half is the other's").isPresent();
        world.pass(60 * SECOND);
        for (int i = 0; i < 5; i++) {
            assertThat(world.ask(stays, 1, 1, SECOND)).isEmpty();
        }
        assertThat(world.ask(stays, 1, 1, SECOND)).isPresent();
    }

    @Test
    void requestsAtOnceAreLimitedOverAllReplicas() {
        World world = new World(51, 4, new Limits(0, 0, 40), false);
        world.meet();
        int most = 0;
        for (int i = 0; i < 4000; i++) {
            Node node = world.nodes.get(world.random.nextInt(4));
            world.ask(node, 1, 1, world.random.nextLong(3 * SECOND));
            if (i % 4 == 0) {
                world.pass(MS);
            }
            most = Math.max(most, world.running.size());
        }
        assertThat(most).isBetween(36, 40 + 4 * 4);
    }

    @Test
    void aReplicaThatHasJustStartedHasALeaseUntilItHasHeardOthersOrLookedForThem() {
        World world = new World(61, 1, new Limits(0, 600_000, 0), false);
        Node node = world.nodes.getFirst();
        node.quota.share(node.replicas.share(world.now), false, world.now);
        assertThat(world.ask(node, LEASE, LEASE, SECOND)).isEmpty();
        assertThat(world.ask(node, 1, 1, SECOND)).isPresent();
        world.pass(6 * SECOND);
        assertThat(world.ask(node, 500_000, 500_000, SECOND)).isEmpty();
    }

    @Test
    void whoComesLaterKnowsWhatHasBeenUsedBefore() {
        World world = new World(71, 2, new Limits(0, 600_000, 0), false);
        world.meet();
        for (int i = 0; i < 10; i++) {
            world.ask(world.nodes.get(i % 2), 50_000, 50_000, MS);
            world.pass(50 * MS);
        }
        Node late = new Node(3, world.limits, world.now);
        world.nodes.add(late);
        world.pass(SECOND);
        assertThat(late.quota.standing(world.now).tokens().left())
                .isCloseTo(
                        world.nodes
                                .getFirst()
                                .quota
                                .standing(world.now)
                                .tokens()
                                .left(),
                        org.assertj.core.data.Offset.offset(100L));
    }
}
