Console.WriteLine("bld");
