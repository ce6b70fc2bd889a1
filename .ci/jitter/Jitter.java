import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassHierarchyResolver;
import java.lang.classfile.ClassTransform;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.CodeElement;
import java.lang.classfile.CodeTransform;
import java.lang.classfile.MethodModel;
import java.lang.classfile.MethodTransform;
import java.lang.classfile.instruction.ReturnInstruction;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;
import java.lang.instrument.ClassFileTransformer;
import java.lang.instrument.Instrumentation;
import java.security.ProtectionDomain;
import java.util.Set;

/**
 * An agent that has the methods of Sluice's own classes (tests, core and plugins aside: who looks for races between threads finds none in what
 * has no threads) pause now and then as they begin and as they return. Options: ONE_IN,LONGEST_MS. On the boot class path as well, so that all
 * class loaders know {@link Pause}.
 */
public final class Jitter implements ClassFileTransformer {
    private static final ClassDesc PAUSE = ClassDesc.of("Pause");
    private static final MethodTypeDesc NOTHING = MethodTypeDesc.of(ConstantDescs.CD_void);
    private static final Set<String> SPARED = Set.of("<init>", "<clinit>", "hashCode", "equals");

    public static void premain(String options, Instrumentation instrumentation) {
        String[] parts = options.split(",");
        Pause.set(Integer.parseInt(parts[0]), Integer.parseInt(parts[1]));
        instrumentation.addTransformer(new Jitter());
    }

    @Override
    public byte[] transform(Module module, ClassLoader loader, String name, Class<?> old, ProtectionDomain domain, byte[] bytes) {
        if (name == null
                || !name.startsWith("dev/sluice/")
                || name.startsWith("dev/sluice/core/")
                || name.startsWith("dev/sluice/plugins/")
                || domain == null
                || domain.getCodeSource() == null
                || domain.getCodeSource().getLocation().getPath().contains("test-classes")) {
            return null;
        }
        try {
            ClassFile file = ClassFile.of(
                    ClassFile.ClassHierarchyResolverOption.of(ClassHierarchyResolver.ofResourceParsing(loader)));
            return file.transformClass(
                    file.parse(bytes),
                    ClassTransform.transformingMethods(Jitter::mayPause, MethodTransform.transformingCode(new Pauses())));
        } catch (RuntimeException | Error wrong) {
            System.err.println("no pauses in " + name + ": " + wrong); // nobody would hear of it otherwise
            return null;
        }
    }

    private static boolean mayPause(MethodModel method) {
        return method.code().isPresent() && !SPARED.contains(method.methodName().stringValue());
    }

    private static final class Pauses implements CodeTransform {
        @Override
        public void atStart(CodeBuilder code) {
            code.invokestatic(PAUSE, "perhaps", NOTHING);
        }

        @Override
        public void accept(CodeBuilder code, CodeElement element) {
            if (element instanceof ReturnInstruction) {
                code.invokestatic(PAUSE, "perhaps", NOTHING);
            }
            code.with(element);
        }
    }
}
