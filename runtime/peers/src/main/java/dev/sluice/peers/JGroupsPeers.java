package dev.sluice.peers;

import dev.sluice.core.peers.PeerNetwork;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.jgroups.Address;
import org.jgroups.BytesMessage;
import org.jgroups.JChannel;
import org.jgroups.Message;
import org.jgroups.Receiver;
import org.jgroups.View;
import org.jgroups.protocols.FD_ALL3;
import org.jgroups.protocols.FRAG4;
import org.jgroups.protocols.MERGE3;
import org.jgroups.protocols.TCP;
import org.jgroups.protocols.UNICAST3;
import org.jgroups.protocols.VERIFY_SUSPECT2;
import org.jgroups.protocols.pbcast.GMS;
import org.jgroups.protocols.pbcast.NAKACK2;
import org.jgroups.protocols.pbcast.STABLE;
import org.jgroups.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Replicas over JGroups: TCP on one port, members where they are looked for, sealed from the lowest protocol on. JGroups says who is
 * there; what replicas tell each other needs no delivery guarantee, and gets none where it is small: absolute numbers are said again, and
 * prefixes are hints. Larger messages (many prompts at once, explanations) are cut into pieces and sent reliably.
 *
 * <p>Nothing here ever holds the gateway up: joining happens on a thread of its own and is tried as long as the network is open, sends
 * are queued without waiting and dropped when a receiver does not keep up.
 */
public final class JGroupsPeers implements PeerNetwork {
    /** Bytes of a message that goes as one piece, unreliably. */
    private static final int SMALL = 50_000;

    private static final System.Logger LOG = System.getLogger(JGroupsPeers.class.getName());
    /** Kept, since a logger that nobody holds loses its level. */
    private static final Logger JGROUPS = Logger.getLogger("org.jgroups");

    private final Settings settings;
    private final long most;
    private final long least;
    private final ReentrantLock lock = new ReentrantLock();
    private volatile Map<Long, Address> members = Map.of();
    private @Nullable JChannel channel;
    private @Nullable Thread joining;
    private volatile boolean closed;

    /**
     * Where and with whom.
     *
     * @param host own address that others reach this one at; empty: the first of this machine that is not the loopback
     * @param port of this one; 0 for any that is free
     * @param secret that all replicas have
     * @param cluster name; another one is another group
     * @param others where others may be; asked again and again, may wait for an answer
     */
    public record Settings(
            String host, int port, String secret, String cluster, Supplier<List<InetSocketAddress>> others) {
        /** Without the secret. */
        @Override
        public String toString() {
            return host + ":" + port;
        }
    }

    /** Not connected yet. */
    public JGroupsPeers(Settings settings) {
        this.settings = settings;
        SecureRandom random = new SecureRandom();
        this.most = random.nextLong();
        this.least = random.nextLong();
    }

    @Override
    public long self() {
        return most ^ least;
    }

    private static long id(Address address) {
        UUID uuid = (UUID) address;
        return uuid.getMostSignificantBits() ^ uuid.getLeastSignificantBits();
    }

    @Override
    public void join(Inbox inbox) {
        joining = Thread.ofPlatform().daemon().name("sluice-peers-join").start(() -> connect(inbox));
    }

    private void connect(Inbox inbox) {
        long pause = 1000;
        while (!closed) {
            try {
                JChannel made = channel(inbox);
                lock.lock();
                try {
                    if (closed) {
                        made.close();
                        return;
                    }
                    channel = made;
                } finally {
                    lock.unlock();
                }
                made.connect(settings.cluster);
                LOG.log(System.Logger.Level.DEBUG, "peers: listening at {0}", settings);
                return;
            } catch (Exception failed) { // JGroups declares it: a port that is taken, an address that is not ours
                LOG.log(
                        System.Logger.Level.WARNING,
                        "peers: can''t listen at {0} ({1}); goes on alone and tries again",
                        settings,
                        failed.getMessage());
                closeChannel();
            }
            try {
                Thread.sleep(pause);
            } catch (InterruptedException ended) {
                return;
            }
            pause = Math.min(30_000, 2 * pause);
        }
    }

    private JChannel channel(Inbox inbox) throws Exception {
        JGROUPS.setLevel(Level.OFF); // what matters of it is counted and logged here
        InetAddress own = settings.host.isEmpty() ? ownAddress() : InetAddress.getByName(settings.host);
        TCP tcp = new TCP();
        tcp.setBindAddr(own);
        tcp.setBindPort(settings.port);
        tcp.setPortRange(0);
        tcp.setDiagnosticsHandler(tcp.createDiagnosticsHandler().setEnabled(false)); // it would listen to multicasts
        tcp.setMaxLength(2 << 20);
        tcp.nonBlockingSends(true).maxSendQueue(256).logAcceptError(false);
        tcp.enableSuspectEvents(true);
        tcp.getThreadPool().setMinThreads(0).setMaxThreads(8).setKeepAliveTime(10_000);
        UUID address = new UUID(most, least);
        GMS gms = new GMS();
        gms.setJoinTimeout(2000);
        gms.setMaxJoinAttempts(3);
        gms.printLocalAddress(false);
        gms.setLeaveTimeout(500);
        JChannel made = new JChannel(
                tcp,
                new SealedMessages(new Seal(settings.secret, inbox::refused)),
                new FoundHosts(settings.others),
                new MERGE3().setMinInterval(1000).setMaxInterval(3000),
                new FD_ALL3().setTimeout(5000).setInterval(1000),
                new VERIFY_SUSPECT2().setTimeout(1000),
                new NAKACK2().useMcastXmit(false),
                new UNICAST3(),
                new STABLE().setDesiredAverageGossip(30_000),
                gms,
                new FRAG4());
        made.addAddressGenerator(() -> address);
        made.setDiscardOwnMessages(true);
        made.setReceiver(new Receiver() {
            @Override
            public void receive(Message message) {
                if (message.hasArray() && message.getSrc() instanceof UUID from) {
                    byte[] bytes = new byte[message.getLength()];
                    System.arraycopy(message.getArray(), message.getOffset(), bytes, 0, bytes.length);
                    inbox.received(id(from), bytes);
                }
            }

            @Override
            public void viewAccepted(View view) {
                Map<Long, Address> now = new TreeMap<>();
                for (Address member : view.getMembersRaw()) {
                    if (!member.equals(address)) {
                        now.put(id(member), member);
                    }
                }
                members = now;
                inbox.members(Set.copyOf(new TreeSet<>(now.keySet())));
            }
        });
        return made;
    }

    private static InetAddress ownAddress() throws Exception {
        InetAddress first = org.jgroups.util.Util.getNonLoopbackAddress();
        return first == null ? InetAddress.getLoopbackAddress() : first;
    }

    @Override
    public void send(long to, byte[] bytes) {
        Address member = members.get(to);
        JChannel through = channel;
        if (member == null || through == null || !through.isConnected()) {
            return;
        }
        Message message = new BytesMessage(member, bytes);
        if (bytes.length <= SMALL) {
            message.setFlag(Message.Flag.OOB, Message.Flag.NO_RELIABILITY);
        }
        try {
            through.send(message);
        } catch (Exception lost) { // JGroups declares it; whoever it was for will hear the next one
            LOG.log(System.Logger.Level.DEBUG, "peers: a message was not sent: {0}", lost.getMessage());
        }
    }

    private void closeChannel() {
        JChannel open;
        lock.lock();
        try {
            open = channel;
            channel = null;
        } finally {
            lock.unlock();
        }
        if (open != null) {
            open.close();
        }
    }

    @Override
    public void close() {
        closed = true;
        Thread joins = joining;
        if (joins != null) {
            joins.interrupt();
        }
        closeChannel();
    }
}
