package dev.sluice.gateway.extproc;

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
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A connection as Helidon made it, but for how its bytes are read, {@link ClientFrames}; and the streams that it has. */
final class FrameContext implements ConnectionContext {
    private final ConnectionContext made;
    private final DataReader reader;
    private final StreamLives lives = new StreamLives();
    private final Set<LiveStream> streams = ConcurrentHashMap.newKeySet();
    private volatile boolean lost;

    FrameContext(ConnectionContext made) {
        this.made = made;
        this.reader = DataReader.create(new ClientFrames(bytes(made), lives));
    }

    /** What has been read to tell the protocol, then what the socket gives. */
    private static Supplier<byte @Nullable []> bytes(ConnectionContext made) {
        DataReader first = made.dataReader();
        return () -> first.available() > 0
                ? first.readBuffer().readBytes()
                : made.serverSocket().get();
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
        return made.executor();
    }

    @Override
    public DataWriter dataWriter() {
        return made.dataWriter();
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
}
