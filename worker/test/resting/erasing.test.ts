// The same where turns wait at the till: what waits there is somebody's too.
import '../erasing.test.ts'
