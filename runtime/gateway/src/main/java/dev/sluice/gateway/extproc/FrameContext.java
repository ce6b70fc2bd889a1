package dev.sluice.gateway.extproc;

import dev.sluice.gateway.http.LoopedSocket;
import io.helidon.common.buffers.BufferData;
import io.helidon.common.buffers.DataReader;
import io.helidon.common.buffers.DataWriter;
import io.helidon.common.socket.HelidonSocket;
import io.helidon.common.socket.PeerInfo;
import io.helidon.webserver.ConnectionContext;
import io.helidon.webserver.ListenerContext;
import io.helidon.webserver.ProxyProtocolData;
import io.helidon.webserver.Router;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A connection as Helidon made it, but for how its bytes are read, {@link ClientFrames}; and the streams that it has. */
final class FrameContext implements ConnectionContext {
    private final ConnectionContext made;
    private final Optional<LoopedSocket> looped;
    private final DataWriter writer;
    private final DataReader reader;
    private final StreamLives lives = new StreamLives();
    private final Set<LiveStream> streams = ConcurrentHashMap.newKeySet();
    private volatile boolean lost;

    /** @param looped its socket, where a loop has it; else Helidon reads and writes */
    FrameContext(ConnectionContext made, Optional<LoopedSocket> looped) {
        this.made = made;
        this.looped = looped;
        this.writer = looped.<DataWriter>map(socket -> socket).orElseGet(() -> new OneAtATime(made.dataWriter()));
        this.reader = DataReader.create(new ClientFrames(bytes(), lives, this::giveBack));
    }

    /** The connection's window gets back what data took that nobody will read. */
    private void giveBack(int bytes) {
        byte[] frame = {
            0, 0, 4, 8, 0, 0, 0, 0, 0, (byte) (bytes >> 24), (byte) (bytes >> 16), (byte) (bytes >> 8), (byte) bytes
        };
        writer.writeNow(BufferData.create(frame));
    }

    /** What has been read to tell the protocol, then what the socket gives. */
    private Supplier<byte @Nullable []> bytes() {
        DataReader first = made.dataReader();
        Supplier<byte @Nullable []> rest = looped.<Supplier<byte @Nullable []>>map(socket -> socket::read)
                .orElse(() -> made.serverSocket().get());
        return () -> first.available() > 0 ? first.readBuffer().readBytes() : rest.get();
    }

    Optional<LoopedSocket> looped() {
        return looped;
    }

    StreamLives lives() {
        return lives;
    }

    /** Remembers a stream; false when the connection is gone already. */
    boolean add(LiveStream stream) {
        streams.add(stream);
        return !lost;
    }

    void remove(LiveStream stream) {
        streams.remove(stream);
    }

    int streams() {
        return streams.size();
    }

    /** The connection is gone: its streams are told. */
    void lost() {
        lost = true;
        streams.forEach(LiveStream::lost);
    }

    @Override
    public DataReader dataReader() {
        return reader;
    }

    @Override
    public ListenerContext listenerContext() {
        return made.listenerContext();
    }

    @Override
    public ExecutorService executor() {
        return looped.map(LoopedSocket::threads).orElseGet(made::executor);
    }

    @Override
    public DataWriter dataWriter() {
        return writer;
    }

    @Override
    public Router router() {
        return made.router();
    }

    @Override
    public Optional<ProxyProtocolData> proxyProtocolData() {
        return made.proxyProtocolData();
    }

    @Override
    public HelidonSocket serverSocket() {
        return made.serverSocket();
    }

    @Override
    public PeerInfo remotePeer() {
        return made.remotePeer();
    }

    @Override
    public PeerInfo localPeer() {
        return made.localPeer();
    }

    @Override
    public boolean isSecure() {
        return made.isSecure();
    }

    @Override
    public String socketId() {
        return made.socketId();
    }

    @Override
    public String childSocketId() {
        return made.childSocketId();
    }

    /** Helidon writes one frame after the other; so do we beside it. */
    private record OneAtATime(DataWriter to, ReentrantLock lock) implements DataWriter {
        OneAtATime(DataWriter to) {
            this(to, new ReentrantLock());
        }

        private void locked(Runnable write) {
            lock.lock();
            try {
                write.run();
            } finally {
                lock.unlock();
            }
        }

        @Override
        public void write(BufferData... buffers) {
            locked(() -> to.write(buffers));
        }

        @Override
        public void write(BufferData buffer) {
            locked(() -> to.write(buffer));
        }

        @Override
        public void writeNow(BufferData... buffers) {
            locked(() -> to.writeNow(buffers));
        }

        @Override
        public void writeNow(BufferData buffer) {
            locked(() -> to.writeNow(buffer));
        }

        @Override
        public void flush() {
            locked(to::flush);
        }
    }
}
