package dev.sluice.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.sluice.gateway.http.Corpus;
import java.io.IOException;
import java.io.InputStream;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * No request makes the gateway allocate more than ten times what a harmless request of the same size does. Counted is what all threads
 * of the process allocate, the client's own aside, from the connection's first byte to its end; the least of several tries, because
 * the gateway does other things too.
 */
@Timeout(180)
class AmplificationTest {
    private static final int MOST = 10;
    private static final int TRIES = 3;
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    private final Map<Integer, Long> harmless = new TreeMap<>();

    @TempDir
    Path dir;

    @Test
    void noRawRequestCostsTenTimesWhatAHarmlessOneOfItsSizeCosts() throws Exception {
        try (ScriptedEngine engine = new ScriptedEngine("base");
                GatewayFixture gateway = GatewayFixture.before(dir, List.of(engine))) {
            for (int i = 0; i < 300; i++) {
                exchange(gateway, harmless(200));
            }
            List<String> wrong = new ArrayList<>();
            double worst = 0;
            int requests = 0;
            for (Corpus row : Corpus.read("requests.txt")) {
                if (row.answers().contains("200") || row.answers().contains("100")) {
                    continue; // goes to an engine, whose allocations would count; or waits
                }
                requests++;
                // Sizes in steps: what is a little larger costs a little more.
                int size = Math.max(200, Integer.highestOneBit(row.bytes().length));
                double ratio = ratio(gateway, row, size);
                worst = Math.max(worst, ratio);
                if (ratio > MOST) {
                    wrong.add(row + ": " + ratio + " x");
                }
            }
            System.out.printf("AmplificationTest: %d requests, at most %.1f x a harmless one%n", requests, worst);
            assertThat(wrong).isEmpty();
            assertThat(requests).isGreaterThan(350);
        }
    }

    private double ratio(GatewayFixture gateway, Corpus row, int size) throws IOException {
        double ratio = Double.MAX_VALUE;
        for (int i = 0; i < TRIES && ratio > MOST / 2.0; i++) {
            ratio = Math.min(ratio, (double) exchange(gateway, row.bytes()) / harmlessCost(gateway, size));
        }
        return ratio;
    }

    private long harmlessCost(GatewayFixture gateway, int size) throws IOException {
        Long known = harmless.get(size);
        if (known == null) {
            known = Long.MAX_VALUE;
            for (int i = 0; i < 2 * TRIES; i++) {
                known = Math.min(known, exchange(gateway, harmless(size)));
            }
            harmless.put(size, known);
        }
        return known;
    }

    /** A proper request, for a model that there is none of: nothing but the gateway works on it. */
    private static byte[] harmless(int size) {
        String start = "{\"model\":\"none\",\"messages\":[{\"role\":\"user\",\"content\":\"";
        String end = "\"}]}";
        int length = Math.max(size - 80, start.length() + end.length());
        String body = start + "x".repeat(length - start.length() - end.length()) + end;
        return ("POST " + Corpus.CHAT + " HTTP/1.1\r\nHost: a\r\nContent-Length: " + body.length() + "\r\n\r\n" + body)
                .getBytes(StandardCharsets.ISO_8859_1);
    }

    /** Bytes that others than this thread allocated meanwhile. */
    private static long exchange(GatewayFixture gateway, byte[] bytes) throws IOException {
        long all = THREADS.getTotalThreadAllocatedBytes();
        long own = THREADS.getCurrentThreadAllocatedBytes();
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), gateway.gateway.port())) {
            socket.setSoTimeout(15_000);
            socket.getOutputStream().write(bytes);
            socket.shutdownOutput();
            InputStream in = socket.getInputStream();
            byte[] read = new byte[4096];
            while (in.read(read) >= 0) {
                // to the end
            }
        } catch (SocketException refused) {
            // in the midst of it
        }
        own = THREADS.getCurrentThreadAllocatedBytes() - own;
        return Math.max(1, THREADS.getTotalThreadAllocatedBytes() - all - own);
    }
}
