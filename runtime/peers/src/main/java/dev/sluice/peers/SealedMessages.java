package dev.sluice.peers;

import java.util.Optional;
import org.jgroups.Address;
import org.jgroups.BytesMessage;
import org.jgroups.Message;
import org.jgroups.PhysicalAddress;
import org.jgroups.stack.Protocol;
import org.jgroups.util.ByteArray;
import org.jgroups.util.MessageBatch;
import org.jgroups.util.Util;
import org.jspecify.annotations.Nullable;

/**
 * The lowest protocol above the transport: seals every message as a whole, headers and sender included, those of discovery, membership
 * and failure detection too. So who does not have the key is never a member, and makes nobody else one or none.
 */
final class SealedMessages extends Protocol {
    private final Seal seal;

    SealedMessages(Seal seal) {
        this.seal = seal;
    }

    @Override
    public @Nullable Object down(Message message) {
        if (message.getSrc() == null) {
            message.setSrc(local_addr);
        }
        ByteArray whole;
        try {
            whole = Util.messageToBuffer(message);
        } catch (Exception e) { // JGroups declares it
            log.warn("%s: could not write a message: %s", local_addr, e);
            return null;
        }
        byte[] sealed = seal.seal(whole.getArray(), whole.getOffset(), whole.getLength());
        Message outer = new BytesMessage(message.getDest(), sealed).setSrc(message.getSrc());
        outer.setFlag(message.getFlags(false), false);
        outer.setFlag(message.getFlags(true), true);
        return down_prot.down(outer);
    }

    @Override
    public @Nullable Object up(Message message) {
        return opened(message).map(inner -> up_prot.up(inner)).orElse(null);
    }

    @Override
    public void up(MessageBatch batch) {
        MessageBatch inner = new MessageBatch(batch.capacity());
        inner.dest(batch.dest()).sender(batch.sender()).clusterName(batch.clusterName());
        inner.multicast(batch.multicast()).mode(batch.mode());
        for (Message message : batch) {
            // A batch is one sender's: who claims to be another is dropped.
            opened(message).filter(one -> one.getSrc().equals(batch.sender())).ifPresent(inner::add);
        }
        if (!inner.isEmpty()) {
            up_prot.up(inner);
        }
    }

    private Optional<Message> opened(Message message) {
        if (!message.hasArray()) {
            return Optional.empty();
        }
        Optional<byte[]> whole = seal.open(message.getArray(), message.getOffset(), message.getLength());
        if (whole.isEmpty()) {
            return Optional.empty();
        }
        try {
            Message inner = Util.messageFromBuffer(whole.get(), 0, whole.get().length);
            Address to = inner.getDest();
            boolean ours = to == null || to instanceof PhysicalAddress || to.equals(local_addr);
            return ours && inner.getSrc() != null ? Optional.of(inner) : Optional.empty();
        } catch (Exception e) { // JGroups declares it
            log.warn("%s: could not read a message: %s", local_addr, e);
            return Optional.empty();
        }
    }
}
