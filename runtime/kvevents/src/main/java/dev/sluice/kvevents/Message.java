package dev.sluice.kvevents;

import org.jspecify.annotations.Nullable;
import org.zeromq.ZMQ;

/** One message of several frames; of one with more than it should have, only the first are kept. */
record Message(byte[][] frames, int count, long bytes) {
    private static final int MOST = 8;

    static @Nullable Message receive(ZMQ.Socket socket) {
        byte[] first = socket.recv(ZMQ.DONTWAIT);
        if (first == null) {
            return null;
        }
        byte[][] frames = new byte[MOST][];
        frames[0] = first;
        int count = 1;
        long bytes = first.length;
        while (socket.hasReceiveMore()) {
            byte[] frame = socket.recv(ZMQ.DONTWAIT);
            if (frame == null) {
                break;
            }
            if (count < MOST) {
                frames[count] = frame;
            }
            count++;
            bytes += frame.length;
        }
        return new Message(frames, count, bytes);
    }

    byte[] frame(int i) {
        return frames[i];
    }
}
