package dev.sluice.peers;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.peers.PeerNetwork;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Real channels on the loopback. */
@Timeout(60)
class JGroupsPeersTest {
    private static final String SECRET = "a secret that all of them have";

    private final List<Member> members = new ArrayList<>();

    /** What one of them has been told; woken by whatever comes. */
    private static final class Member implements PeerNetwork.Inbox, AutoCloseable {
        final JGroupsPeers network;
        final LinkedBlockingQueue<String> received = new LinkedBlockingQueue<>();
        final List<String> refused = new ArrayList<>();
        private Set<Long> seen = Set.of();

        Member(int port, String secret, List<InetSocketAddress> others) {
            network = new JGroupsPeers(new JGroupsPeers.Settings("127.0.0.1", port, secret, "test", () -> others));
            network.join(this);
        }

        @Override
        public void received(long from, byte[] bytes) {
            received.add(from + " " + new String(bytes, StandardCharsets.UTF_8));
        }

        @Override
        public synchronized void members(Set<Long> now) {
            seen = now;
            notifyAll();
        }

        @Override
        public synchronized void refused(String why) {
            refused.add(why);
            notifyAll();
        }

        synchronized boolean await(BooleanSupplier what, long seconds) throws InterruptedException {
            long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
            while (!what.getAsBoolean() && System.nanoTime() < end) {
                wait(Math.max(1, TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime())));
            }
            return what.getAsBoolean();
        }

        void awaitMembers(Member... others) throws InterruptedException {
            Set<Long> wanted = Set.copyOf(
                    Arrays.stream(others).map(other -> other.network.self()).toList());
            assertThat(await(() -> seen.equals(wanted), 30))
                    .as("%s, not %s", seen, wanted)
                    .isTrue();
        }

        @Override
        public void close() {
            network.close();
        }
    }

    private static List<InetSocketAddress> ports(int count) throws IOException {
        List<ServerSocket> open = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            open.add(new ServerSocket(0, 1, InetAddress.getLoopbackAddress()));
        }
        List<InetSocketAddress> free = new ArrayList<>();
        for (ServerSocket socket : open) {
            free.add(new InetSocketAddress(InetAddress.getLoopbackAddress(), socket.getLocalPort()));
            socket.close();
        }
        return free;
    }

    private Member member(int port, String secret, List<InetSocketAddress> others) {
        Member made = new Member(port, secret, others);
        members.add(made);
        return made;
    }

    @AfterEach
    void close() {
        members.forEach(Member::close);
    }

    @Test
    void theyFindEachOtherSayThingsLargeAndSmallAndLeave() throws Exception {
        List<InetSocketAddress> hosts = ports(3);
        Member a = member(hosts.get(0).getPort(), SECRET, hosts);
        Member b = member(hosts.get(1).getPort(), SECRET, hosts);
        Member c = member(hosts.get(2).getPort(), SECRET, hosts);
        a.awaitMembers(b, c);
        b.awaitMembers(a, c);
        c.awaitMembers(a, b);

        a.network.send(b.network.self(), "hello".getBytes(StandardCharsets.UTF_8));
        assertThat(b.received.poll(10, TimeUnit.SECONDS)).isEqualTo(a.network.self() + " hello");
        String large = "x".repeat(300_000);
        c.network.send(a.network.self(), large.getBytes(StandardCharsets.UTF_8));
        assertThat(a.received.poll(10, TimeUnit.SECONDS)).isEqualTo(c.network.self() + " " + large);
        assertThat(c.received).isEmpty();
        a.network.send(12345, new byte[] {1}); // nobody

        b.close();
        a.awaitMembers(c);
        c.awaitMembers(a);
        Member again = member(hosts.get(1).getPort(), SECRET, hosts);
        a.awaitMembers(c, again);
        assertThat(again.network.self()).isNotEqualTo(b.network.self());
    }

    @Test
    void whoHasAnotherKeyIsNeverAMember() throws Exception {
        List<InetSocketAddress> hosts = ports(3);
        Member a = member(hosts.get(0).getPort(), SECRET, hosts);
        Member stranger = member(hosts.get(2).getPort(), "quite another secret than that", hosts);
        assertThat(a.await(() -> a.refused.contains("forged"), 30)).isTrue();
        Member b = member(hosts.get(1).getPort(), SECRET, hosts);
        a.awaitMembers(b);
        assertThat(stranger.seen).isEmpty();
        a.network.send(b.network.self(), "ours".getBytes(StandardCharsets.UTF_8));
        assertThat(b.received.poll(10, TimeUnit.SECONDS)).endsWith("ours");
        assertThat(stranger.received).isEmpty();
    }

    @Test
    void garbageAtThePortDisturbsNobody() throws Exception {
        List<InetSocketAddress> hosts = ports(2);
        Member a = member(hosts.get(0).getPort(), SECRET, hosts);
        Member b = member(hosts.get(1).getPort(), SECRET, hosts);
        a.awaitMembers(b);
        Random random = new Random(1);
        for (int i = 0; i < 50; i++) {
            try (Socket socket =
                    new Socket(InetAddress.getLoopbackAddress(), hosts.get(0).getPort())) {
                byte[] junk = new byte[1 + random.nextInt(2000)];
                random.nextBytes(junk);
                OutputStream out = socket.getOutputStream();
                if (i % 2 == 0) {
                    out.write("bela".getBytes(StandardCharsets.US_ASCII)); // how JGroups' own connections begin
                }
                out.write(junk);
                out.flush();
            } catch (IOException closed) {
                assertThat(closed).isNotNull(); // it may have hung up on us already
            }
        }
        b.network.send(a.network.self(), "still here".getBytes(StandardCharsets.UTF_8));
        assertThat(a.received.poll(10, TimeUnit.SECONDS)).endsWith("still here");
        a.awaitMembers(b);
    }

    @Test
    void aPortThatIsTakenIsTriedAgainUntilItIsFree() throws Exception {
        List<InetSocketAddress> hosts = ports(2);
        Member b = member(hosts.get(1).getPort(), SECRET, hosts);
        try (ServerSocket taken = new ServerSocket(hosts.get(0).getPort(), 1, InetAddress.getLoopbackAddress())) {
            assertThat(taken.isBound()).isTrue();
            member(hosts.get(0).getPort(), SECRET, hosts);
            assertThat(b.await(() -> !b.seen.isEmpty(), 2)).isFalse();
        }
        assertThat(b.await(() -> !b.seen.isEmpty(), 30)).isTrue();
    }
}
