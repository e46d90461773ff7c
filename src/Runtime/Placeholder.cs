namespace Bld.Runtime;
