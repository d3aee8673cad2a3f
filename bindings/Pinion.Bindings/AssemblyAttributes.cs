using System.Runtime.CompilerServices;

// Every signature is blittable, so no call may grow a marshalling stub unnoticed.
[assembly: DisableRuntimeMarshalling]
